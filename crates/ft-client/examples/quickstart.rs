//! A question to a chain of three models, while the first is down and the second throttles.
//!
//! Run it with `cargo run -p ft-client --example quickstart`. It needs no key and no network: the models are
//! modelled ones. With a key the whole of `client` is `Client::holysheep(key)?`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;
use std::time::Duration;

use ft_client::config::TargetConfig;
use ft_client::{Client, TokioClock};
use ft_sim::{Reply, Scripts, SimProvider};

fn client() -> Result<Client, Box<dyn std::error::Error>> {
    let scripts = Scripts::new()
        .model("gpt-4.1", Reply::down())
        .model("claude-sonnet-4.5", Reply::throttled(Duration::from_secs(2)))
        .otherwise(Reply::text("Two particles that share one state, wherever they are."));
    let holysheep = SimProvider::new("holysheep", scripts, Arc::new(TokioClock::new()), 1);
    let target = |model: &str| TargetConfig::new("holysheep", model);
    let client = Client::builder()
        .provider(holysheep)
        .tier("primary", [target("gpt-4.1")])
        .tier("degraded", [target("claude-sonnet-4.5"), target("gemini-2.5-flash")])
        .emergency("The assistant is unavailable right now.")
        .build()?;
    Ok(client)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = client()?;
    let answer = client.generate("Explain quantum entanglement in simple terms").await?;
    println!("{}\n", answer.text());

    let report = &answer.report;
    for attempt in &report.attempts {
        println!(
            "  {:<18} {:<9} {}",
            attempt.model,
            attempt.manner.as_str(),
            attempt.outcome.as_str()
        );
    }
    let model = report.served_by.as_ref().map_or("nobody", |served| served.model.as_str());
    let cost = report.cost.unwrap_or_default();
    println!(
        "\nProvider: {model}, Tier: {}, Latency: {:.2} ms, Cost: {cost:.6}",
        report.tier.name(),
        report.latency.as_secs_f64() * 1_000.0,
    );
    Ok(())
}
