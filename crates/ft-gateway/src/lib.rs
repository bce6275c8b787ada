//! An OpenAI-compatible server over [`ft_client`]: any application, in any language, by changing one URL.
//!
//! Most teams that need fault tolerance for LLM APIs do not write Rust. They have an SDK that speaks OpenAI's
//! protocol, and that SDK has a base URL. [`Gateway`] is what that URL may point at: it puts a [`Client`] with all
//! its tiers, breakers, budgets and cache behind `/v1/chat/completions`, and tells the truth over HTTP: a status is
//! the real one for as long as nothing was sent, a final error says that it is final, and headers say who answered.
//!
//! ```no_run
//! use ft_client::Client;
//! use ft_gateway::Gateway;
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::holysheep(std::env::var("HOLYSHEEP_API_KEY")?)?;
//! let gateway = Gateway::of_client(client);
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! axum::serve(listener, gateway.public()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What it refuses
//!
//! - To decide: which target is asked, for how long and at what price is the client's to say.
//! - To say 200 before there is something to say: a stream's head is held until its first content.
//! - To let an SDK repeat what was repeated already: final errors carry `x-should-retry: false`.
//! - To serve strangers: without callers' keys it listens on this machine only.
//! - To write a prompt, an answer or a key into a log, a metric or a trace.
//!
//! [`Client`]: ft_client::Client

pub mod config;
mod gateway;
mod idempotency;
mod journal;
mod lines;
mod meters;
mod names;
mod reload;
mod request_id;
mod server;
mod streaming;
mod trace;
mod visit;

mod answer;
mod asked;
mod body;
mod caller;
mod endpoint;
mod surface;

mod admin;
mod page;

pub use gateway::{Gateway, Outlets};
pub use lines::Lines;
pub use reload::{ConfigFile, Reload, Unusable};
pub use server::{ConnectionLimits, Drained, serve};
