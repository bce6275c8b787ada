//! One module per verb.

pub(crate) mod chat;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod cost;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod key;
pub(crate) mod models;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod simulate;

mod simulated;
