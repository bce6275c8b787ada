//! The public API, on both stages.

#![expect(clippy::unwrap_used, reason = "what stands around the tests should stop them too")]

mod cases;
mod clock;
mod in_process;
mod log;
mod model;
#[cfg(feature = "http")]
mod upstream;
#[cfg(feature = "http")]
mod wire;
