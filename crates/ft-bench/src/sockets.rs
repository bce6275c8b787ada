//! The article's table over real sockets: one provider alone and the chain, against modelled providers on loopback.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use ft_client::config::ClientConfig;
use ft_client::{CallOptions, Client};
use ft_core::{ChatRequest, ChatResponse, Clock, SystemClock};
use ft_sim::{Faults, Log, Model, Profile, Script, Scripts, Upstream, UpstreamConfig};
use futures_util::StreamExt;
use futures_util::stream;

use crate::results::{Case, Unit, quantile};
use crate::{Outcome, process};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Requests of each run.
    #[arg(long, default_value_t = 1_000)]
    requests: u32,
    /// Callers of each run, each with one request at a time.
    #[arg(long, default_value_t = 32)]
    callers: usize,
}

/// How long a caller waits for a provider that it asks without a client.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a run came to.
struct Run {
    /// Of the answered requests, in nanoseconds.
    times: Vec<f64>,
    requests: u32,
}

/// Plays the runs at once and prints the cases as JSON.
///
/// # Errors
/// When something does not start.
pub(crate) fn run(options: &Options) -> Outcome<()> {
    process::raise_files();
    // The upstream and its callers share a thread: what they need is waiting, not work.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cases = runtime.block_on(play(options))?;
    println!("{}", serde_json::to_string_pretty(&cases)?);
    Ok(())
}

async fn play(options: &Options) -> Outcome<Vec<Case>> {
    let chain = [("gpt-4.1", 0.058), ("claude-sonnet-4.5", 0.082), ("gemini-2.5-flash", 0.02)];
    let mut scripts = Scripts::new()
        .model("openai", model(Profile::article_openai())?)
        .model("anthropic", model(Profile::article_anthropic())?);
    for (name, share) in chain {
        let mut profile = Profile::article_holysheep();
        profile.faults = Faults::of_share(share);
        scripts = scripts.model(name, model(profile)?);
    }
    let mut config = UpstreamConfig::default();
    config.log = Log::counting();
    let upstream = Upstream::start_with(scripts, config)?;
    let client = client(upstream.address())?;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let bare = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let url = format!("{}/chat/completions", upstream.base_url());
    let alone = async |model: &str| {
        repeat(options, async |number| answered_alone(&bare, &url, model, number).await).await
    };
    let served = repeat(options, async |number| {
        let uncached = CallOptions::new().without_cache();
        let answer = client.chat_with(question("default", number), uncached).await;
        answer.is_ok_and(|answer| !answer.is_emergency())
    });
    let runs = tokio::join!(served, alone("openai"), alone("anthropic"));
    let calls: u64 = chain.iter().map(|(model, _)| upstream.log().count(model)).sum();
    let mut cases = Vec::new();
    for (name, run) in
        [("HolySheep chain", runs.0), ("OpenAI alone", runs.1), ("Anthropic alone", runs.2)]
    {
        let group = "the article's table";
        let case = |unit, what: &str, samples: &[f64]| {
            Case::of(group, "over sockets", unit, samples).with_value(format!("{name}, {what}"))
        };
        let requests = f64::from(run.requests);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let (answered, calls) = (run.times.len() as f64, calls as f64);
        let mean = run.times.iter().sum::<f64>() / answered.max(1.0);
        cases.push(case(Unit::Ns, "mean", &[mean]));
        cases.push(case(Unit::Ns, "p99", &[quantile(&run.times, 0.99)]));
        cases.push(case(Unit::Percent, "success", &[100.0 * answered / requests]));
        if name == "HolySheep chain" {
            cases.push(case(Unit::Count, "upstream calls a request", &[calls / requests]));
        }
    }
    Ok(cases)
}

fn model(profile: Profile) -> Outcome<Script> {
    Ok(Model::new(profile)?.into())
}

fn client(upstream: SocketAddr) -> Outcome<Client> {
    let config = format!(
        r#"
[providers.up]
base_url = "http://{upstream}/v1"
[[chains.default.tiers]]
name = "primary"
targets = [{{ provider = "up", model = "gpt-4.1", first_token_timeout = "2s", idle_timeout = "1s", upstream = "stream" }}]
[[chains.default.tiers]]
name = "degraded"
targets = [
  {{ provider = "up", model = "claude-sonnet-4.5", first_token_timeout = "3s", idle_timeout = "1s", upstream = "stream" }},
  {{ provider = "up", model = "gemini-2.5-flash", first_token_timeout = "1s", idle_timeout = "1s", upstream = "stream" }},
]
"#
    );
    let config = ClientConfig::from_toml(&config, |_| None)?;
    Ok(Client::builder().seed(1).configure(|own| *own = config).build()?)
}

fn question(model: &str, number: u32) -> ChatRequest {
    ChatRequest::user(format!("Question {number}.")).with_model(model)
}

/// Whether a provider without a client in front gave an answer with content.
async fn answered_alone(bare: &reqwest::Client, url: &str, model: &str, number: u32) -> bool {
    let Ok(body) = serde_json::to_vec(&question(model, number)) else { return false };
    let post = bare.post(url).header("content-type", "application/json").body(body);
    let Ok(answer) = post.send().await else { return false };
    if !answer.status().is_success() {
        return false;
    }
    let Ok(body) = answer.bytes().await else { return false };
    serde_json::from_slice::<ChatResponse>(&body).is_ok_and(|answer| !answer.choices.is_empty())
}

async fn repeat(options: &Options, ask: impl AsyncFn(u32) -> bool) -> Run {
    let clock = SystemClock::new();
    let ends = stream::iter(0..options.requests).map(async |number| {
        let begun = clock.now();
        let answered = ask(number).await;
        answered.then(|| clock.now().since(begun).as_secs_f64() * 1e9)
    });
    let times =
        ends.buffer_unordered(options.callers).filter_map(std::future::ready).collect().await;
    Run { times, requests: options.requests }
}
