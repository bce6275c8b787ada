//! The public API of the adapter, from outside.

mod bodies;
