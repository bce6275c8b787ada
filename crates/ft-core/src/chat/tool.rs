//! Tools offered to a model, and the calls it makes.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Extra;
use super::lenient::or_default;

fn function() -> String {
    "function".to_owned()
}

/// A tool that the model may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// `function`, or a vendor's own kind.
    #[serde(rename = "type", default = "function")]
    pub kind: String,
    /// The function, when it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionDef>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

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
                extra: Extra::new(),
            }),
            extra: Extra::new(),
        }
    }
}

/// A function's name and schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionDef {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON schema of its arguments, in the order given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Value>,
    /// Everything else, such as `strict`.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A call that the model wants made.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ToolCall {
    /// The call's id, which its result must name.
    #[serde(default, deserialize_with = "or_default")]
    pub id: String,
    /// `function`, or a vendor's own kind.
    #[serde(rename = "type", default = "function")]
    pub kind: String,
    /// The function and its arguments.
    #[serde(default)]
    pub function: FunctionCall,
    /// Everything else, such as `extra_content`, which must be sent back.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A function's name and the arguments the model gives it.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FunctionCall {
    /// The function's name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// The arguments, JSON as text.
    #[serde(default, deserialize_with = "or_default")]
    pub arguments: String,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
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
