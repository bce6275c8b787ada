//! The targets: what is read, and what is promised of it.

mod answer;
mod files;
mod request;
mod stream;

pub use answer::{answer, retry_after};
pub use files::{config, scenario, trace};
pub use request::request;
pub use stream::stream;
