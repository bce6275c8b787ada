//! Modelled LLM providers, in-process and over HTTP, with every fault a test needs.
