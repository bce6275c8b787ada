//! The connection's side: how the client is made, and what its failures mean.

pub(crate) mod client;
pub(crate) mod failure;
pub(crate) mod read;
