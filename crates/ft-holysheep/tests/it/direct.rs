//! What holds on the wire, over connections that the call drives.

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
    Server::start(replies)
}
