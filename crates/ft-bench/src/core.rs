//! The hot paths of the mechanisms, so often and no more: for a tool that counts instructions or allocations.
//!
//! Counting a long run and a short one and taking the difference leaves out what starting and setting up cost.

use std::hint::black_box;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use ft_client::breaker::{Breaker, BreakerConfig};
use ft_client::cache::{Key, Scope};
use ft_client::context::{Estimator, Strategy, Window, fit};
use ft_core::{ChatRequest, Clock, SystemClock};
use ft_holysheep::{ChunkReader, Classifier};

use crate::Outcome;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Which path.
    #[arg(long, value_enum)]
    path: Path,
    /// How often.
    #[arg(long)]
    times: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Path {
    /// Acquire and success of a closed breaker, consecutive policy, no clock.
    Breaker,
    /// The key of a prompt of 1 KiB.
    CacheKey,
    /// A stream of 100 chunks in one piece.
    Sse,
    /// Fitting a request of 1 KiB that plainly fits.
    Fit,
}

/// Goes the path.
///
/// # Errors
/// When something cannot be set up.
pub(crate) fn run(options: &Options) -> Outcome<()> {
    let times = 0..options.times;
    let request = ChatRequest::user("x".repeat(1024)).with_model("gpt-4.1");
    match options.path {
        Path::Breaker => {
            let config =
                BreakerConfig { failure_ratio: None, stats: false, ..BreakerConfig::default() };
            let clock = SystemClock::new();
            let breaker = Breaker::new(config, Arc::new(clock))?;
            let now = clock.now();
            times.for_each(|_| {
                if let Ok(permit) = black_box(&breaker).acquire_at(black_box(now)) {
                    permit.success_at(black_box(now));
                }
            });
        }
        Path::CacheKey => {
            let scope = Scope { tenant: "acme", chain: "default" };
            times.for_each(|_| {
                black_box(Key::of(&scope, black_box(&request)));
            });
        }
        Path::Sse => {
            let stream = stream();
            let classifier = Classifier::builtin();
            times.for_each(|_| {
                let mut reader = ChunkReader::new(classifier.clone());
                reader.push(black_box(stream.as_bytes()));
                while let Some(item) = reader.next_item() {
                    black_box(item.is_ok());
                }
            });
        }
        Path::Fit => {
            let window = Window::new(128_000);
            times.for_each(|_| {
                black_box(
                    fit(black_box(&request), &window, &Estimator::O200K, &Strategy::DropOldest)
                        .is_ok(),
                );
            });
        }
    }
    Ok(())
}

fn stream() -> String {
    (0..100)
        .map(|at| {
            format!(
                "data: {{\"id\":\"chatcmpl-FAKE1\",\"object\":\"chat.completion.chunk\",\"created\":1770000000,\
                 \"model\":\"fake-model\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\" word{at}\"}},\
                 \"finish_reason\":null}}]}}\n\n"
            )
        })
        .collect()
}
