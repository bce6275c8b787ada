//! A streamed answer: from bytes to chunks, and to the one honest end.

mod alike;
mod body;
mod chunk;
mod reader;

pub(crate) use body::ChunkBody;
pub use reader::{ChunkReader, MalformedEvent};
