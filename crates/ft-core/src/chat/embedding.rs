//! Texts to vectors.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lenient::or_default;
use super::{Extra, Usage};

/// A request for vectors.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct EmbeddingRequest {
    /// The model asked for.
    #[serde(default)]
    pub model: String,
    /// A text, texts, or tokens, as the provider takes them.
    pub input: Value,
    /// Everything else, such as `dimensions`.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Vectors.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct EmbeddingResponse {
    /// The model that answered.
    #[serde(default, deserialize_with = "or_default")]
    pub model: String,
    /// The vectors, in the provider's form.
    #[serde(default)]
    pub data: Vec<Value>,
    /// Tokens counted by the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}
