//! Answers over HTTP: their heads, and errors in OpenAI's envelope.

mod calls;
mod failure;
mod head;
mod misread;
mod refusal;
mod stream;
mod vectors;

pub(crate) use head::{describe, json};
pub(crate) use refusal::Refusal;
pub(crate) use stream::streamed;
pub(crate) use vectors::VectorForm;
