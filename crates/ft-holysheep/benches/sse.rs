//! What reading a stream and classifying a failure cost.

fn main() {}
