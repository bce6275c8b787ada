//! The breaker through its public API.
