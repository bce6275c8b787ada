//! The gateway over real sockets: a scripted upstream behind it, a plain HTTP client before it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod admin;
mod books;
mod callers;
mod chat;
mod clocks;
mod doors;
mod embeddings;
mod ends;
#[path = "../../../ft-holysheep/tests/shared/faults.rs"]
mod faults;
mod h2;
mod headers;
mod joined;
mod leaving;
mod limits;
mod metrics;
mod office;
mod overrides;
mod page;
mod registry;
mod reload;
mod repeats;
mod silence;
mod stand;
mod streams;
mod unnamed;
mod words;
