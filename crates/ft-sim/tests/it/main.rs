//! The public API, on both stages.

mod cases;
mod clock;
mod in_process;
mod log;
mod model;
#[cfg(feature = "http")]
mod upstream;
#[cfg(feature = "http")]
mod wire;
