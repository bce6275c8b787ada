//! A streamed answer: from bytes to chunks, and to the one honest end.

mod alike;
mod body;
mod chunk;
mod reader;
mod whole;

pub(crate) use body::ChunkBody;
pub use reader::{ChunkReader, MalformedEvent};
pub(crate) use whole::read_whole;
