//! A spend budget: money is reserved before a call is sent, cheaper models come first past the soft mark, and
//! nothing is sent that the budget does not cover. Then the stale answer of the cache stands in.
//!
//! Run it with `cargo run -p ft-client --example spend_budget`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;

use ft_client::config::{SpendSettings, TargetConfig};
use ft_client::cost::Pico;
use ft_client::{Client, TokioClock};
use ft_core::{ChatRequest, Usage};
use ft_sim::{Asked, Reply, Script, Scripts, Seen, SimProvider};

/// Twenty tokens in and four hundred out, at the article's prices; fewer out where the request allows no more.
fn reply(seen: &Seen<'_>) -> Reply {
    let most = match seen.asked {
        Asked::Chat(request) => request.output_limit(),
        _ => None,
    };
    Reply::text("…").usage(Usage::new(20, most.map_or(400, |most| most.min(400))))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let scripts = Scripts::new().otherwise(Script::from_fn(reply));
    let provider = SimProvider::new("holysheep", scripts, Arc::new(TokioClock::new()), 1);
    let limit: Pico = "$0.02".parse()?;
    let client = Client::builder()
        .provider(provider)
        .tier("primary", [TargetConfig::new("holysheep", "gpt-4.1")])
        .tier("degraded", [TargetConfig::new("holysheep", "gemini-2.5-flash")])
        .spend(SpendSettings { soft: 0.5, ..SpendSettings::per_day(limit) })
        .build()?;

    println!("a budget of {limit} a day, soft from half of it on:\n");
    for call in 1..=13 {
        let request = ChatRequest::user("Explain quantum entanglement.").with_max_tokens(1_000);
        match client.chat(request).await {
            Ok(answer) => {
                let report = &answer.report;
                let model = report.served_by.as_ref().map_or("nobody", |by| by.model.as_str());
                let tier = report.tier.name();
                let capped = report.fit.and_then(|fit| fit.max_output);
                let capped =
                    capped.map_or_else(String::new, |most| format!(", at most {most} tokens"));
                println!(
                    "{call:>2}  {model:<16}  {tier:<8}  cost {:.6}, left {:.6}{capped}",
                    report.cost.unwrap_or_default(),
                    client.budget_left().unwrap_or_default(),
                );
            }
            Err(error) => {
                println!("{call:>2}  {error}");
                break;
            }
        }
    }
    Ok(())
}
