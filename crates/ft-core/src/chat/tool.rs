//! Tools offered to a model, and the calls it makes.

use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error};
use serde_json::{Value, json};

use super::lenient::Said;
use super::lossless::{Field, Got, Nullable, Required, lossless};
use super::{Extra, Shape};

fn function() -> String {
    "function".to_owned()
}

/// What kind of tool it is; a function where nothing is said.
struct Kind<T>(T);

impl<'de> Deserialize<'de> for Kind<String> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let kind = Option::deserialize(from)?;
        Ok(Self(kind.unwrap_or_else(function)))
    }
}

impl Field<'_, String> for Kind<String> {
    fn got(self) -> Got<String> {
        Got::Value(self.0)
    }

    fn missing<E: Error>(_: &'static str) -> Result<String, E> {
        Ok(function())
    }
}

/// A tool that the model may call.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Tool {
    /// `function`, or a vendor's own kind.
    pub kind: String,
    /// The function, when it is one.
    pub function: Option<FunctionDef>,
    /// Everything else.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(Tool {
    "type" => kind: Kind always,
    "function" => function: Nullable given,
});

impl Tool {
    /// A function with this name, description and JSON schema of its arguments.
    #[must_use]
    pub fn function(
        name: impl Into<String>,
        description: impl Into<String>,
        schema: Value,
    ) -> Self {
        Self {
            kind: function(),
            function: Some(FunctionDef {
                name: name.into(),
                description: Some(description.into()),
                parameters: Some(schema),
                ..FunctionDef::default()
            }),
            ..Self::default()
        }
    }
}

/// Whether a tool must be called, and which.
///
/// It is what [`ChatRequest::with_tool_choice`](super::ChatRequest::with_tool_choice) takes; a vendor's own form goes
/// into the field as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToolChoice {
    /// The model decides. What holds where nothing is said and there are tools.
    Auto,
    /// None.
    None,
    /// At least one, whichever.
    Required,
    /// The function of this name.
    Function(String),
}

impl From<ToolChoice> for Value {
    fn from(choice: ToolChoice) -> Self {
        match choice {
            ToolChoice::Auto => "auto".into(),
            ToolChoice::None => "none".into(),
            ToolChoice::Required => "required".into(),
            ToolChoice::Function(name) => {
                json!({ "type": function(), "function": { "name": name } })
            }
        }
    }
}

/// A function's name and schema.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct FunctionDef {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The JSON schema of its arguments, in the order given.
    pub parameters: Option<Value>,
    /// Everything else, such as `strict`.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(FunctionDef {
    "name" => name: Required always,
    "description" => description: Nullable given,
    "parameters" => parameters: Nullable given,
});

/// A call that the model wants made.
#[derive(Clone, PartialEq, Default)]
pub struct ToolCall {
    /// The call's id, which its result must name.
    pub id: String,
    /// `function`, or a vendor's own kind.
    pub kind: String,
    /// The function and its arguments; empty in a call of another kind, such as a custom tool's.
    pub function: FunctionCall,
    /// Everything else, such as `extra_content`, which must be sent back.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(ToolCall {
    "id" => id: Nullable always,
    "type" => kind: Kind always,
    "function" => function: Nullable given,
});

/// A function's name and the arguments the model gives it.
#[derive(Clone, PartialEq, Default)]
pub struct FunctionCall {
    /// The function's name.
    pub name: String,
    /// The arguments, JSON as text. Those that came as an object stand in `extra`.
    pub arguments: String,
    /// Everything else.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(FunctionCall {
    "name" => name: Nullable always,
    "arguments" => arguments: Said always,
});

impl ToolCall {
    /// The function's name; empty in a call of another kind.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.function.name
    }

    /// The arguments as a type of one's own.
    ///
    /// # Errors
    /// What is wrong with them: models write arguments that break their schema, and are usually told so by a tool
    /// message. No argument at all reads as an empty object.
    pub fn arguments<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        match self.function.arguments.trim() {
            "" => serde_json::from_str("{}"),
            arguments => serde_json::from_str(arguments),
        }
    }
}

impl fmt::Debug for ToolCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolCall")
            .field("id", &self.id)
            .field("function", &self.function)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for FunctionCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({} bytes)", self.name, self.arguments.len())
    }
}
