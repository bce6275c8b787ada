//! A streamed answer whose first target fails unseen, and a stream that breaks off after its first words.
//!
//! Run it with `cargo run -p ft-client --example streaming`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use ft_client::config::TargetConfig;
use ft_client::{CallOptions, Client, TokioClock};
use ft_core::ChatRequest;
use ft_core::decide::MidStream;
use ft_sim::{Reply, Scripts, SimProvider};
use futures_util::StreamExt;

const VERSE: [&str; 6] = ["Tiger, ", "tiger, ", "burning ", "bright ", "in the ", "forests"];

/// A piece every 60 ms.
fn spoken(pieces: &[&str]) -> Reply {
    Reply::chunks(pieces).per_chunk(Duration::from_millis(60))
}

fn client(large: Reply, small: Reply) -> Result<Client, Box<dyn std::error::Error>> {
    let scripts = Scripts::new().model("large", large).model("small", small);
    let provider = SimProvider::new("sim", scripts, Arc::new(TokioClock::new()), 1);
    let client = Client::builder()
        .provider(provider)
        .tier("primary", [TargetConfig::new("sim", "large")])
        .tier("degraded", [TargetConfig::new("sim", "small").with_prefill(true)])
        .build()?;
    Ok(client)
}

async fn recite(client: &Client, options: CallOptions) -> Result<(), Box<dyn std::error::Error>> {
    let mut stream = client.chat_stream_with(ChatRequest::user("Recite."), options).await?;
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(chunk) => print!("{}", chunk.text()),
            Err(error) => println!("\n    error: {error}"),
        }
        std::io::stdout().flush()?;
    }
    let report = stream.report();
    let trail: Vec<_> = report
        .attempts
        .iter()
        .map(|attempt| format!("{} {}", attempt.model, attempt.outcome.as_str()))
        .collect();
    println!("\n    {}{}", trail.join(", "), if report.continued { " (continued)" } else { "" });
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("large is reset before its first content, which nobody sees:");
    recite(&client(spoken(&VERSE).reset(), spoken(&VERSE))?, CallOptions::new()).await?;

    let cut = || spoken(&VERSE).cut_after(3);
    println!("\nlarge is cut after three pieces, and the default is an honest error:");
    recite(&client(cut(), spoken(&VERSE))?, CallOptions::new()).await?;

    println!("\nlarge is cut after three pieces, and small goes on from there:");
    let going_on = CallOptions::new().with_mid_stream(MidStream::Continue);
    recite(&client(cut(), spoken(&VERSE[3..]))?, going_on).await
}
