//! A provider of one's own: a name and one method. Streams, timers, fallback and the breaker come from the client.
//!
//! Run it with `cargo run -p ft-client --example own_provider`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use async_trait::async_trait;
use ft_client::Client;
use ft_client::config::TargetConfig;
use ft_core::{Call, ChatRequest, ChatResponse, ErrorKind, Provider, ProviderError};

/// Answers with the question turned round, and has no model but one.
struct Echo;

#[async_trait]
impl Provider for Echo {
    fn name(&self) -> &str {
        "echo"
    }

    async fn chat(
        &self,
        call: &Call,
        request: &ChatRequest,
    ) -> Result<ChatResponse, ProviderError> {
        if call.model != "mirror" {
            return Err(ProviderError::new(ErrorKind::ModelNotFound).with_status(404));
        }
        let asked = request.messages.last().map(|last| last.content.text().into_owned());
        let turned: String = asked.unwrap_or_default().chars().rev().collect();
        Ok(ChatResponse::of_text("mirror", turned))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::builder()
        .provider(Echo)
        .tier("primary", [TargetConfig::new("echo", "window")])
        .tier("degraded", [TargetConfig::new("echo", "mirror")])
        .build()?;

    for question in ["stressed", "drawer"] {
        let answer = client.generate(question).await?;
        println!("{question} -> {}", answer.text());
        for attempt in &answer.report.attempts {
            println!("    {}: {}", attempt.model, attempt.outcome.as_str());
        }
    }
    println!("\nThe first call found out that there is no `window`; the second did not ask again.");
    Ok(())
}
