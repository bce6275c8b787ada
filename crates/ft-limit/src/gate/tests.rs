//! Scripts of the machine.
