//! An emergency answer made by a function, for the moment when nobody else is left.
//!
//! Run it with `cargo run -p ft-client --example own_emergency`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;

use ft_client::config::TargetConfig;
use ft_client::{CallOptions, Client, EmergencyContext, TokioClock};
use ft_core::ChatRequest;
use ft_sim::{Reply, Scripts, SimProvider};

/// It has 250 ms, outside the deadline. `None` gives the caller the error instead.
async fn by_hand(context: EmergencyContext) -> Option<String> {
    let asked = context.request.messages.last()?.content.text().to_lowercase();
    asked.contains("password").then(|| {
        format!(
            "The assistant is away ({}). To reset your password, see Settings.",
            context.why.as_str()
        )
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let scripts = Scripts::new().otherwise(Reply::status(401));
    let provider = SimProvider::new("sim", scripts, Arc::new(TokioClock::new()), 1);
    let client = Client::builder()
        .provider(provider)
        .tier("primary", [TargetConfig::new("sim", "gpt-4.1")])
        .emergency_with(by_hand)
        .build()?;

    for question in ["How do I reset my password?", "What is a qubit?"] {
        println!("{question}");
        match client.generate(question).await {
            Ok(answer) => println!("    {} (tier: {})", answer.text(), answer.report.tier.name()),
            Err(error) => println!("    error: {error}"),
        }
    }

    // A call that would rather know: a command line, a batch job.
    let sober = CallOptions::new().without_emergency();
    let request = ChatRequest::user("How do I reset my password?");
    if let Err(error) = client.chat_with(request, sober).await {
        println!("without an emergency answer:\n    error: {error}");
    }
    Ok(())
}
