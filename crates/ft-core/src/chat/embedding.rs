//! Texts to vectors.

use serde::Serialize;
use serde_json::Value;

use super::lossless::{Nullable, Optional, Required, lossless};
use super::{Extra, Usage};

/// A request for vectors.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct EmbeddingRequest {
    /// The model asked for.
    pub model: String,
    /// A text, texts, or tokens, as the provider takes them.
    pub input: Value,
    /// Everything else, such as `dimensions`.
    #[serde(flatten)]
    pub extra: Extra,
}

lossless!(EmbeddingRequest {
    "model" => model: Nullable,
    "input" => input: Required,
});

/// Vectors.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct EmbeddingResponse {
    /// The model that answered.
    pub model: String,
    /// The vectors, in the provider's form.
    pub data: Vec<Value>,
    /// Tokens counted by the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

lossless!(EmbeddingResponse {
    "model" => model: Nullable,
    "data" => data: Optional,
    "usage" => usage: Optional,
});
