//! Token counting and fitting a conversation into a context window.
