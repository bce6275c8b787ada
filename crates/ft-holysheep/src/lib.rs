//! HTTP adapter for HolySheep and every OpenAI-compatible endpoint.
