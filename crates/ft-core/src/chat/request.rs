//! A request for an answer.

use std::fmt;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::lenient::Real;
use super::lossless::{Field, Got, Nullable, lossless};
use super::message::Turn;
use super::{Content, Extra, Message, Role, Shape, Tool};
use crate::Capabilities;

/// A chat-completions request.
///
/// Only fields that a decision depends on are typed; all others pass through in `extra`.
/// `Debug` prints sizes, never what was said.
#[derive(Clone, PartialEq, Default)]
pub struct ChatRequest {
    /// The model asked for. In a chain, each target's own model replaces it.
    pub model: String,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// Most tokens of the answer, in the older vocabulary.
    pub max_tokens: Option<u64>,
    /// Most tokens of the answer, reasoning included.
    pub max_completion_tokens: Option<u64>,
    /// Randomness from 0 to 2.
    pub temperature: Option<f64>,
    /// Nucleus sampling from 0 to 1.
    pub top_p: Option<f64>,
    /// How many answers; absent means 1.
    pub n: Option<u32>,
    /// Words that end the answer.
    pub stop: Option<Stop>,
    /// Whether the caller wants a stream.
    pub stream: Option<bool>,
    /// What the caller wants in the stream, such as `include_usage`.
    pub stream_options: Option<Value>,
    /// Asks for a repeatable answer.
    pub seed: Option<i64>,
    /// Tools that the model may call.
    pub tools: Vec<Tool>,
    /// Which tool, if any, must be called.
    pub tool_choice: Option<Value>,
    /// The form of the answer, such as a JSON schema.
    pub response_format: Option<Value>,
    /// Whether the provider may keep the answer.
    pub store: Option<bool>,
    /// The caller's own user id.
    pub user: Option<String>,
    /// The caller's own labels.
    pub metadata: Option<Value>,
    /// Everything else, unchanged.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(ChatRequest {
    "model" => model: Nullable always,
    "messages" => messages: Turns always,
    "max_tokens" => max_tokens: Nullable given,
    "max_completion_tokens" => max_completion_tokens: Nullable given,
    "temperature" => temperature: Real given,
    "top_p" => top_p: Real given,
    "n" => n: Nullable given,
    "stop" => stop: Nullable given,
    "stream" => stream: Nullable given,
    "stream_options" => stream_options: Nullable given,
    "seed" => seed: Nullable given,
    "tools" => tools: Nullable given,
    "tool_choice" => tool_choice: Nullable given,
    "response_format" => response_format: Nullable given,
    "store" => store: Nullable given,
    "user" => user: Nullable given,
    "metadata" => metadata: Nullable given,
});

/// The conversation, of which each message says who speaks.
struct Turns<T>(T);

impl<'de> Deserialize<'de> for Turns<Vec<Message>> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let turns = Vec::deserialize(from)?;
        Ok(Self(turns.into_iter().map(|Turn(message)| message).collect()))
    }
}

impl Field<'_, Vec<Message>> for Turns<Vec<Message>> {
    fn got(self) -> Got<Vec<Message>> {
        Got::Value(self.0)
    }

    fn missing<E: Error>(name: &'static str) -> Result<Vec<Message>, E> {
        Err(E::missing_field(name))
    }
}

/// One word or several that end the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Stop {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// Fields that bind the answer's form: vLLM's, SGLang's and llama.cpp's.
const BOUND: [&str; 10] = [
    "guided_json",
    "guided_regex",
    "guided_choice",
    "guided_grammar",
    "structured_outputs",
    "grammar",
    "json_schema",
    "regex",
    "ebnf",
    "structural_tag",
];

impl ChatRequest {
    /// A request with these messages, for whichever model the chain chooses.
    #[must_use]
    pub fn new(messages: impl Into<Vec<Message>>) -> Self {
        Self { messages: messages.into(), ..Self::default() }
    }

    /// A request of one user message.
    #[must_use]
    pub fn user(prompt: impl Into<Content>) -> Self {
        Self::new([Message::user(prompt)])
    }

    /// Adds a system message in front.
    #[must_use]
    pub fn with_system(mut self, instructions: impl Into<Content>) -> Self {
        self.messages.insert(0, Message::new(Role::System, instructions));
        self
    }

    /// Adds a message at the end.
    #[must_use]
    pub fn with_message(mut self, message: Message) -> Self {
        self.messages.push(message);
        self
    }

    /// Sets the model asked for.
    #[must_use]
    pub fn with_model(mut self, model: impl Into<String>) -> Self {
        self.model = model.into();
        self
    }

    /// Sets the most tokens of the answer.
    #[must_use]
    pub fn with_max_tokens(mut self, tokens: u64) -> Self {
        self.max_tokens = Some(tokens);
        self
    }

    /// Sets the randomness.
    #[must_use]
    pub fn with_temperature(mut self, temperature: f64) -> Self {
        self.temperature = Some(temperature);
        self
    }

    /// Adds a tool.
    #[must_use]
    pub fn with_tool(mut self, tool: Tool) -> Self {
        self.tools.push(tool);
        self
    }

    /// Says whether a tool must be called, and which: a [`ToolChoice`](super::ToolChoice), or JSON in a vendor's form.
    #[must_use]
    pub fn with_tool_choice(mut self, choice: impl Into<Value>) -> Self {
        self.tool_choice = Some(choice.into());
        self
    }

    /// Asks for JSON, of whatever form. The prompt must say that JSON is wanted, or OpenAI refuses it.
    #[must_use]
    pub fn with_json(mut self) -> Self {
        self.response_format = Some(json!({ "type": "json_object" }));
        self
    }

    /// Asks for JSON that follows this schema, strictly. The name is for the model: letters, digits, `_` and `-`.
    ///
    /// ```
    /// use ft_core::ChatRequest;
    ///
    /// let schema = serde_json::json!({
    ///     "type": "object",
    ///     "properties": { "city": { "type": "string" } },
    ///     "required": ["city"],
    ///     "additionalProperties": false,
    /// });
    /// let request = ChatRequest::user("Where is the Louvre?").with_json_schema("place", schema);
    /// assert!(request.is_structured());
    /// ```
    #[must_use]
    pub fn with_json_schema(mut self, name: impl Into<String>, schema: Value) -> Self {
        let form = json!({ "name": name.into(), "strict": true, "schema": schema });
        self.response_format = Some(json!({ "type": "json_schema", "json_schema": form }));
        self
    }

    /// As [`with_json_schema`](Self::with_json_schema), with the schema of this type: closed to other fields, and all
    /// of its fields required, as OpenAI's strict mode wants them.
    #[cfg(feature = "schema")]
    #[must_use]
    pub fn with_json_of<T: schemars::JsonSchema>(self) -> Self {
        let name: String = T::schema_name().chars().filter(char::is_ascii_alphanumeric).collect();
        let mut schema = schemars::schema_for!(T).to_value();
        close(&mut schema);
        self.with_json_schema(name, schema)
    }

    /// How many answers are asked for, at least 1.
    #[must_use]
    pub fn choices(&self) -> u32 {
        self.n.unwrap_or(1).max(1)
    }

    /// Whether the caller asked for usage in the stream.
    #[must_use]
    pub fn wants_usage(&self) -> bool {
        self.stream_options
            .as_ref()
            .and_then(|options| options.get("include_usage")?.as_bool())
            .unwrap_or(false)
    }

    /// Whether the answer's form is bound, so that two models' words must not be joined in it.
    #[must_use]
    pub fn is_structured(&self) -> bool {
        self.response_format
            .as_ref()
            .and_then(|format| format.get("type")?.as_str())
            .is_some_and(|kind| kind != "text")
    }

    /// Whether the answer's form is bound in any way: by [`response_format`](Self::response_format), or by the grammars,
    /// choices and patterns that vLLM, SGLang and llama.cpp take.
    #[must_use]
    pub fn has_bound_form(&self) -> bool {
        let bound = |field: &&str| self.extra.get(*field).is_some_and(|it| !it.is_null());
        self.is_structured() || BOUND.iter().any(bound)
    }

    /// What a model must be able to do to answer this.
    #[must_use]
    pub fn needs(&self) -> Capabilities {
        let image = |message: &Message| match &message.content {
            Content::Parts(parts) => parts.iter().any(|part| part.kind == "image_url"),
            Content::Absent | Content::Null | Content::Text(_) => false,
        };
        Capabilities {
            tools: !self.tools.is_empty() || self.extra.contains_key("functions"),
            vision: self.messages.iter().any(image),
            json: self.is_structured(),
            prefill: false,
        }
    }
}

/// Every object of the schema has its own fields, all of them, and no other.
#[cfg(feature = "schema")]
fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Object(properties)) = fields.get("properties") {
                let names = properties.keys().cloned().map(Value::from).collect();
                fields.insert("required".to_owned(), Value::Array(names));
                fields.insert("additionalProperties".to_owned(), false.into());
            }
            fields.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl fmt::Debug for ChatRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatRequest")
            .field("model", &self.model)
            .field("messages", &self.messages)
            .field("tools", &self.tools.len())
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::ToolChoice;
    use super::*;

    fn written(request: &ChatRequest) -> Value {
        serde_json::to_value(request).unwrap()
    }

    #[test]
    fn a_tool_choice_is_written_as_openai_reads_it() {
        let choice = |choice: ToolChoice| {
            written(&ChatRequest::user("hi").with_tool_choice(choice))["tool_choice"].clone()
        };
        assert_eq!(choice(ToolChoice::Auto), "auto");
        assert_eq!(choice(ToolChoice::None), "none");
        assert_eq!(choice(ToolChoice::Required), "required");
        let named = json!({"type": "function", "function": {"name": "weather"}});
        assert_eq!(choice(ToolChoice::Function("weather".to_owned())), named);
    }

    #[test]
    fn an_answer_of_a_schema_is_asked_for_strictly() {
        let request = ChatRequest::user("hi").with_json_schema("place", json!({"type": "object"}));
        let form = &written(&request)["response_format"];
        assert_eq!(form["type"], "json_schema");
        assert_eq!(form["json_schema"]["strict"], true);
        assert!(request.is_structured() && ChatRequest::user("hi").with_json().is_structured());
    }

    #[cfg(feature = "schema")]
    #[test]
    fn the_schema_of_a_type_is_closed_and_all_of_it_required() {
        #[derive(schemars::JsonSchema)]
        #[expect(dead_code, reason = "only its schema is looked at")]
        struct Place {
            city: String,
            country: Option<Country>,
        }
        #[derive(schemars::JsonSchema)]
        #[expect(dead_code, reason = "only its schema is looked at")]
        struct Country {
            code: String,
        }
        let request = ChatRequest::user("hi").with_json_of::<Place>();
        let form = written(&request)["response_format"]["json_schema"].clone();
        assert_eq!(form["name"], "Place");
        assert_eq!(form["schema"]["required"], json!(["city", "country"]));
        assert_eq!(form["schema"]["additionalProperties"], false);
        assert_eq!(form["schema"]["$defs"]["Country"]["additionalProperties"], false);
    }
}
