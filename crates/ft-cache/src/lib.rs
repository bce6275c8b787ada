//! Response cache with freshness, stale answers and coalescing of identical calls.
