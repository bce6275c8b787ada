//! Calls from this process, through the client or with bare HTTP: what the client costs, told by the kernel.

use std::net::SocketAddr;

use clap::{Args, ValueEnum};
use ft_client::config::{ProviderConfig, TargetConfig};
use ft_client::{CallOptions, Client};
use ft_core::ChatRequest;
use futures_util::StreamExt;

use crate::contestant::Contestant;
use crate::scene::Scene;
use crate::{Outcome, process};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The model asked for, such as `plain-1024`, `burst-100`.
    #[arg(long, default_value = "plain-1024")]
    model: String,
    /// Who makes the calls.
    #[arg(long, value_enum, default_value = "client")]
    by: By,
    /// How many, one after the other.
    #[arg(long, default_value_t = 10_000)]
    count: u32,
    /// The upstream, where one runs already.
    #[arg(long)]
    upstream: Option<SocketAddr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    /// The client.
    Client,
    /// The HTTP library alone, which reads the bytes and looks at none.
    Bare,
}

/// Makes the calls and prints the processor time of one, in nanoseconds.
///
/// # Errors
/// When a call fails.
pub(crate) fn run(options: &Options) -> Outcome<()> {
    let started = options.upstream.is_none().then(Contestant::upstream).transpose()?;
    let upstream = options.upstream.or(started.as_ref().map(|one| one.address));
    let upstream = upstream.ok_or("no upstream")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let spent = runtime.block_on(async {
        match options.by {
            By::Client => through_the_client(options, upstream).await,
            By::Bare => bare(options, upstream).await,
        }
    })?;
    println!("{spent}");
    Ok(())
}

async fn through_the_client(options: &Options, upstream: SocketAddr) -> Outcome<u128> {
    let scene = Scene::of_model(&options.model).ok_or("the model stands for no scene")?;
    let question: ChatRequest = serde_json::from_slice(&scene.question(&options.model))?;
    let provider = ProviderConfig::new(format!("http://{upstream}/v1"));
    let client = Client::builder()
        .configure(|config| {
            config.providers.insert("up".to_owned(), provider);
        })
        .tier("only", [TargetConfig::new("up", &options.model)])
        .build()?;
    let call = async || -> Outcome<()> {
        let uncached = CallOptions::new().without_cache();
        if scene.is_streamed() {
            let mut chunks = client.chat_stream_with(question.clone(), uncached).await?;
            while let Some(chunk) = chunks.next().await {
                std::hint::black_box(chunk?);
            }
        } else {
            std::hint::black_box(client.chat_with(question.clone(), uncached).await?);
        }
        Ok(())
    };
    timed(options.count, call).await
}

async fn bare(options: &Options, upstream: SocketAddr) -> Outcome<u128> {
    let scene = Scene::of_model(&options.model).ok_or("the model stands for no scene")?;
    let question = scene.question(&options.model);
    // Plain HTTP needs no TLS, but its client is not made without a provider of it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("http://{upstream}/v1/chat/completions");
    let call = async || -> Outcome<()> {
        let post = client.post(&url).header("content-type", "application/json");
        let mut answer = post.body(question.clone()).send().await?;
        while let Some(piece) = answer.chunk().await? {
            std::hint::black_box(piece);
        }
        Ok(())
    };
    timed(options.count, call).await
}

/// The processor time of one call, after a tenth of them to warm up.
async fn timed(count: u32, call: impl AsyncFn() -> Outcome<()>) -> Outcome<u128> {
    for _ in 0..count / 10 {
        call().await?;
    }
    let before = process::processor_time(std::process::id())?;
    for _ in 0..count {
        call().await?;
    }
    let spent = process::processor_time(std::process::id())?.saturating_sub(before);
    Ok(spent.as_nanos() / u128::from(count.max(1)))
}
