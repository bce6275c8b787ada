//! The behaviour figures: what a caller meets while providers hang, throttle and fail, in virtual time.
//!
//! Each test prints what it measured beside its bound (`cargo test -p ft-client --test figures -- --nocapture`).
//! Time is paused and every draw comes from a fixed seed, so a run gives the same figures on every machine.
//! `RUN_FULL_FIGURES=1` runs the full sizes; what a smaller run can and cannot show stands at each test.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "what was measured stands beside its bound")]

mod faults;
mod hang;
mod naive;
mod storm;
mod throttle;
mod traffic;
mod world;
