//! The gateway over real sockets: a scripted upstream behind it, a plain HTTP client before it.

mod chat;
mod embeddings;
mod leaving;
mod limits;
mod overrides;
mod stand;
mod streams;
