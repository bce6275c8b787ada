//! Texts to vectors.

use serde_json::Value;

use super::lenient::{Beside, Said};
use super::lossless::{Nullable, Required, lossless};
use super::{Extra, Shape, Usage};

/// A request for vectors.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct EmbeddingRequest {
    /// The model asked for.
    pub model: String,
    /// A text, texts, or tokens, as the provider takes them.
    pub input: Value,
    /// Everything else, such as `dimensions`.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(EmbeddingRequest {
    "model" => model: Nullable always,
    "input" => input: Required always,
});

/// Vectors.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct EmbeddingResponse {
    /// The model that answered.
    pub model: String,
    /// The vectors, in the provider's form.
    pub data: Vec<Value>,
    /// Tokens counted by the provider.
    pub usage: Option<Usage>,
    /// Everything else.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(EmbeddingResponse, last {
    "model" => model: Said always,
    "data" => data: Nullable always,
    "usage" => usage: Beside given,
});
