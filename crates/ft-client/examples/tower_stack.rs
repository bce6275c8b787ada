//! The client inside a tower stack, and a tower stack behind the client as a provider.
//!
//! Run it with `cargo run -p ft-client --features tower --example tower_stack`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Duration;

use ft_client::config::TargetConfig;
use ft_client::service::ServiceProvider;
use ft_client::{Answer, Client};
use ft_core::chat::Message;
use ft_core::{Call, ChatRequest, ChatResponse, ErrorKind, ProviderError};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};

/// A model server of one's own, as a service: it takes no system message.
async fn model((call, request): (Call, ChatRequest)) -> Result<ChatResponse, ProviderError> {
    if request.messages.len() > 1 {
        return Err(ProviderError::new(ErrorKind::Unsupported).with_code("system_message"));
    }
    Ok(ChatResponse::of_text(call.model, "Hello from behind the chain."))
}

/// Puts the instructions into the question. A layer of the stack behind the chain.
fn without_system((call, mut request): (Call, ChatRequest)) -> (Call, ChatRequest) {
    if request.messages.len() > 1 {
        let said: Vec<_> =
            request.messages.iter().map(|message| message.content.text().into_owned()).collect();
        request.messages = vec![Message::user(said.join("\n\n"))];
    }
    (call, request)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let bare = ServiceProvider::new("bare", service_fn(model));
    let stack = ServiceBuilder::new().map_request(without_system).service(service_fn(model));
    let client = Client::builder()
        .provider(bare)
        .provider(ServiceProvider::new("layered", stack))
        .tier("primary", [TargetConfig::new("bare", "m")])
        .tier("degraded", [TargetConfig::new("layered", "m")])
        .build()?;

    // In front of the chain: at most eight calls at once, each within ten seconds, always with instructions.
    let mut service = ServiceBuilder::new()
        .concurrency_limit(8)
        .timeout(Duration::from_secs(10))
        .map_request(|question: &str| ChatRequest::user(question).with_system("Be brief."))
        .service(client);

    let answer: Answer = service.ready().await?.call("Who are you?").await?;
    println!("{}", answer.text());
    for attempt in &answer.report.attempts {
        println!("    {}: {}", attempt.provider, attempt.outcome.as_str());
    }
    Ok(())
}
