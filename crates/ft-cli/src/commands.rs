//! One module per verb.

pub(crate) mod chat;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod serve;
pub(crate) mod simulate;

mod simulated;
