//! Placeholder until the mechanisms stand.

fn main() {}
