//! What a scraper sees: the text, its numbers, and what the documentation, the alerts and the dashboard say of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod exposition;
mod figures;
mod labels;
mod money;
mod pages;
mod reload;
mod scene;
mod states;
