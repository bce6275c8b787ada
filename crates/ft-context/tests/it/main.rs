//! What the crate promises, through its public names only.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop, in its functions too")]

mod conversation;
mod counting;
mod fitting;
mod hostile;
mod properties;
mod refitting;
mod samples;
