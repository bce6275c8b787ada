//! Modelled LLM providers, in-process and over HTTP, with every fault a test needs.
//!
//! A client that promises to survive its providers can only be tried against providers that fail on demand:
//! that hang before the headers, cut a stream after its third chunk, answer `200` with an error inside, or
//! count tokens and throttle in earnest. Stubs that return a value or an error show none of that, and a real
//! provider shows it once a week. So a [`Reply`] says what one attempt is to meet, a [`Script`] says which
//! attempt meets what, and a [`Model`] makes replies up from measured figures, by the clock and from a seed.
//!
//! The same script plays on two stages, which both write down every attempt in a [`Log`]:
//! - [`SimProvider`] implements [`ft_core::Provider`] inside the process. It sleeps on `tokio::time`, so paused
//!   time makes an hour of outage pass in a moment, and draws only from its seed, so a run can be repeated.
//! - `Upstream` (feature `http`, on by default) serves an OpenAI-compatible API on a loopback socket, where
//!   resets, cuts and stalls are those of a real connection.
//!
//! It refuses to judge: how an answer is classified, retried or billed is for the client under test.
//! The errors that [`SimProvider`] returns follow from status and code by a table of a few lines.
//!
//! # Example
//! ```
//! use std::time::Duration;
//! use ft_sim::{Profile, Model, Reply, Script, Scripts};
//!
//! let mut busy = Profile::article_openai();
//! busy.requests = Some(ft_sim::Rate::per_minute(500));
//! let scripts = Scripts::new()
//!     .model("gpt-4.1", Model::new(busy)?)
//!     .model("claude-sonnet-4.5", Script::sequence([
//!         Reply::throttled(Duration::from_secs(2)),
//!         Reply::text("better late than never").cut_after(2),
//!     ]))
//!     .otherwise(Reply::text("here"));
//! # let _ = scripts;
//! # Ok::<(), ft_sim::InvalidProfile>(())
//! ```

mod fault;
mod reply;
mod script;
mod seen;

mod answer;
mod form;
mod latency;
mod math;
mod model;
mod outage;
mod profile;
mod rate;
mod size;
mod zipf;

#[cfg(feature = "http")]
mod http;
mod log;
#[cfg_attr(
    not(feature = "http"),
    expect(dead_code, reason = "headers and half events need a wire")
)]
mod play;
mod provider;
mod stage;

pub use fault::Fault;
#[cfg(feature = "http")]
pub use http::{Upstream, UpstreamConfig};
pub use latency::Latency;
pub use log::{Attempt, Log, Outcome};
pub use model::Model;
pub use outage::Outage;
pub use profile::{Faults, InvalidProfile, Profile};
pub use provider::SimProvider;
pub use rate::Rate;
pub use reply::Reply;
pub use script::{Script, Scripts};
pub use seen::{Asked, Seen};
pub use size::Size;
pub use zipf::Zipf;
