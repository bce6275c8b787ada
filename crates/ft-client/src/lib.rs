//! A client for LLM APIs that answers anyway: tiers, breakers, budgets, cache, one honest error.
