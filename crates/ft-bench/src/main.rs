//! The gateway beside a minimal proxy and nginx: processor time, latency, memory, failover.
//!
//! A figure of a server says little alone: it is the machine's as much as the server's. So everything is measured in
//! one run, in turns, over the same scripted upstream and under the same load, and stands as a ratio to a proxy that
//! does nothing but pass on. Each part is a process of its own, since only then the kernel tells their times apart.
//!
//! It refuses to be a load test: it finds out what a request costs, not how many a machine can bear.

#![expect(clippy::print_stdout, reason = "a command's figures go there")]
#![expect(clippy::print_stderr, reason = "and its progress here")]

mod added;
mod calls;
mod contestant;
mod core;
mod failover;
mod gateway;
mod load;
mod measure;
mod memory;
mod peers;
mod process;
mod proxy;
mod results;
mod scene;
mod sockets;
mod upstream;

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What every part may end with.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The gateway beside a minimal proxy and nginx.
#[derive(Debug, Parser)]
struct Options {
    #[command(subcommand)]
    part: Part,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Start everything, measure in turns, print the results as JSON.
    Run(measure::Options),
    /// The scripted upstream. Says its address when it is ready.
    Upstream(upstream::Options),
    /// The minimal proxy that everything is measured against.
    Proxy(proxy::Options),
    /// The gateway, as a part of this program.
    Gateway(gateway::Options),
    /// Load on whatever listens at an address.
    Load(load::Options),
    /// Calls from this process: what the client costs beside bare HTTP.
    Calls(calls::Options),
    /// The article's table over real sockets.
    Sockets(sockets::Options),
    /// One hot path, so often and no more, for a tool that counts.
    Core(core::Options),
    /// The gateway beside other gateways, which a file says how to start.
    Peers(peers::Options),
}

fn main() -> ExitCode {
    let ended = match Options::parse().part {
        Part::Run(options) => measure::run(&options),
        Part::Upstream(options) => upstream::run(&options),
        Part::Proxy(options) => proxy::run(&options),
        Part::Gateway(options) => gateway::run(&options),
        Part::Load(options) => load::run(&options),
        Part::Calls(options) => calls::run(&options),
        Part::Sockets(options) => sockets::run(&options),
        Part::Core(options) => core::run(&options),
        Part::Peers(options) => peers::run(&options),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ft-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
