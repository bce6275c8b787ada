//! `ft chat`: one question, its answer, and who gave it.

mod answer;
mod asked;
mod prompt;
mod sentence;

use std::time::Duration;

use ft_client::Client;
use ft_core::ChatRequest;

use crate::failure::Failure;
use crate::output::Output;

/// Where the key is read from.
pub(crate) const KEY: &str = "HOLYSHEEP_API_KEY";

pub(crate) const ABOUT: &str = "\
Send a prompt to a chain, and see which model answered.

Uses the chain gpt-4.1, then claude-sonnet-4.5 and gemini-2.5-flash, or the models that you name. The answer is \
streamed to stdout, followed by one line on stderr that says which model gave it.";

const AFTER: &str = "\
Examples:
  export HOLYSHEEP_API_KEY=…
  ft chat \"Explain quantum entanglement in simple terms\"
  ft chat --model deepseek-v3.2 --model gpt-4.1 --max-tokens 300 \"Write a haiku\"
  git diff | ft chat --system \"Review this diff\" -
  ft chat --base-url http://127.0.0.1:11434/v1 --model llama3 \"Hello\"
  ft chat --simulate --json \"Hello\" | jq .report.served_by

Exit codes: 0 answered; 1 no model answered; 2 invalid command line or setting.";

/// What `ft chat` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    /// The prompt, in quotes. With `-`, or without an argument if input is piped in, it is read from stdin.
    prompt: Vec<String>,
    /// Base URL of the API, without `/chat/completions`. A URL on this machine needs no key.
    #[arg(long, value_name = "URL", conflicts_with = "simulate")]
    base_url: Option<String>,
    /// The model to use. May be repeated: further models are fallbacks.
    #[arg(long = "model", value_name = "MODEL")]
    models: Vec<String>,
    /// System prompt.
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    /// Maximum number of tokens of the answer, from 1 to 1000000. Default: 1000 with the default models, otherwise the
    /// provider's.
    #[arg(long, value_name = "N", value_parser = tokens, allow_negative_numbers = true)]
    max_tokens: Option<u64>,
    /// Print the answer and its report as one JSON document.
    #[arg(long)]
    json: bool,
    /// Wait for the complete answer instead of streaming it.
    #[arg(long)]
    no_stream: bool,
    /// Use a simulated provider on this machine: no key, no network, no cost.
    #[arg(long)]
    simulate: bool,
}

fn tokens(text: &str) -> Result<u64, String> {
    crate::number::whole(text, 1..=1_000_000)
}

/// Asks, prints the answer, and says who gave it.
pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let key = std::env::var(KEY).ok().filter(|key| !key.trim().is_empty());
    let prompt = match args.prompt.as_slice() {
        [] => None,
        [prompt] => Some(prompt.as_str()),
        words => {
            let all = words.join(" ");
            return Err(Failure::usage(format!(
                "the question is {} arguments; put it in quotes: \"{all}\"",
                words.len()
            )));
        }
    };
    asked::check(args, key.is_some())?;
    let request = request(args, prompt::read(prompt)?);
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::failed(format!("cannot start a runtime: {error}")))?;
    let ended = runtime.block_on(async {
        if !args.simulate {
            let client = asked::client(args, key)?;
            return print(args, &client, request, output).await;
        }
        output.note("simulated: no provider is asked, and nothing is paid")?;
        // It must outlive the answer.
        let upstream = super::simulated::start()?;
        let client = asked::simulated(args, &upstream.base_url())?;
        print(args, &client, request, output).await
    });
    // A name that is being looked up on a blocking thread would hold the process for as long as that takes.
    runtime.shutdown_timeout(Duration::ZERO);
    ended
}

async fn print(
    args: &Args,
    client: &Client,
    request: ChatRequest,
    output: &mut Output,
) -> Result<(), Failure> {
    match (args.json, args.no_stream) {
        (true, _) => answer::as_json(client, request, output).await,
        (false, true) => answer::whole(client, request, output).await,
        (false, false) => answer::streamed(client, request, output).await,
    }
}

fn request(args: &Args, prompt: String) -> ChatRequest {
    let mut request = ChatRequest::user(prompt);
    if let Some(system) = &args.system {
        request = request.with_system(system.as_str());
    }
    if let Some(tokens) = args.max_tokens {
        request = request.with_max_tokens(tokens);
    }
    request
}
