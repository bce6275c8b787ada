//! Whole-path tests of the client against modelled providers, on paused time.

mod bench_of_tests;
mod decision;

