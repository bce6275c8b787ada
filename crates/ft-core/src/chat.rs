//! OpenAI's chat-completions vocabulary, lossless in both directions.
//!
//! Fields that this project does not know pass through in `extra`, in the order they came.
//! Enumerations are open, and every non-essential field of an answer may be missing, null or empty:
//! vendors leave out `object` and `created`, send `finish_reason: ""` or words of their own.

mod accumulate;
mod assemble;
mod chunk;
mod embedding;
pub mod json;
mod lenient;
mod limits;
mod lossless;
mod message;
mod piece;
mod replay;
mod request;
mod response;
mod shape;
mod tool;
mod usage;

pub use assemble::Assembler;
pub use chunk::{ChatChunk, ChunkChoice, Delta, FunctionDelta, ToolCallDelta};
pub use embedding::{EmbeddingRequest, EmbeddingResponse};
pub use message::{Content, Message, Part, Role};
pub use piece::Piece;
pub use replay::{ChunkStream, KeepAlives, replay};
pub use request::{ChatRequest, Stop};
pub use response::{ChatResponse, Choice, FinishReason};
pub use shape::Shape;
pub use tool::{FunctionCall, FunctionDef, Tool, ToolCall, ToolChoice};
pub use usage::{CompletionDetails, PromptDetails, Usage};

/// Fields this project does not know, in the order they came.
pub type Extra = serde_json::Map<String, serde_json::Value>;
