//! The gateway over real sockets: a scripted upstream behind it, a plain HTTP client before it.

mod chat;
mod stand;
mod streams;
