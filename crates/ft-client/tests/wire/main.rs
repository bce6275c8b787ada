//! The client and the HTTP adapter together, over real sockets on loopback.
//!
//! Order and kind are asserted, never time: where silence is the fault a timer is short, everywhere else
//! nothing depends on how fast the machine is.
#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod calls;
mod cascade;
mod configured;
mod credentials;
mod endpoints;
mod ends;
#[path = "../../../ft-holysheep/tests/shared/faults.rs"]
mod faults;
mod lossless;
mod modelled;
mod raw;
mod streams;
mod table;
mod world;
