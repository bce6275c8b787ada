//! The breaker alone, around any future, with the timeout outside: the placement that most breakers
//! never notice. Run it with `cargo run -p ft-breaker --example any_future`.
#![cfg_attr(loom, no_main)]
#![cfg(not(loom))]

use std::sync::Arc;
use std::time::Duration;

use ft_breaker::{Breaker, BreakerConfig, BreakerError, Outcome};
use ft_core::SystemClock;

/// A provider that accepts the call and never answers.
async fn hung_provider() -> Result<String, std::io::Error> {
    std::future::pending().await
}

fn classify(result: &Result<String, std::io::Error>) -> Outcome {
    match result {
        Ok(answer) if answer.is_empty() => Outcome::Failure,
        Ok(_) => Outcome::Success,
        Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => Outcome::Neutral,
        Err(_) => Outcome::Failure,
    }
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let timeout = Duration::from_millis(50);
    let config = BreakerConfig { cancel_grace: timeout, ..BreakerConfig::default() };
    let breaker = Breaker::new(config, Arc::new(SystemClock::new()))?
        .with_listener(|event| println!("  {:?} -> {:?}", event.from, event.to));

    for call in 1..=7 {
        let guarded = breaker.call(hung_provider(), classify);
        match tokio::time::timeout(timeout, guarded).await {
            Err(_) => println!("call {call}: timed out"),
            Ok(Err(BreakerError::Rejected(rejected))) => println!("call {call}: {rejected}"),
            Ok(Err(BreakerError::Inner(error))) => println!("call {call}: {error}"),
            Ok(Ok(answer)) => println!("call {call}: {answer}"),
        }
    }
    Ok(())
}
