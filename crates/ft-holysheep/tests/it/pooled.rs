//! What holds on the wire, over a pooled client: the same tests once more.

#![expect(clippy::duplicate_mod, reason = "they are direct's too")]

#[path = "faults.rs"]
mod faults;
#[path = "idle.rs"]
mod idle;
#[path = "requests.rs"]
mod requests;
#[path = "secrets.rs"]
mod secrets;

use crate::server::{Reply, Server};

fn start(replies: impl IntoIterator<Item = Reply>) -> Server {
    Server::start(replies).pooled()
}
