//! Circuit breaker: a pure step on a 64-bit word, and a lock-free handle around it.
