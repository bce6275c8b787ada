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
Ask a question, and see who answered.

Asks the chain gpt-4.1, then claude-sonnet-4.5 and gemini-2.5-flash, or the models you name. The answer goes to \
stdout as it comes; one line about who gave it goes to stderr.";

const AFTER: &str = "\
Examples:
  export HOLYSHEEP_API_KEY=…
  ft chat \"Explain quantum entanglement in simple terms\"
  ft chat --model deepseek-v3.2 --model gpt-4.1 --max-tokens 300 \"Write a haiku\"
  git diff | ft chat --system \"Review this diff\" -
  ft chat --base-url http://127.0.0.1:11434/v1 --model llama3 \"Hello\"
  ft chat --simulate --json \"Hello\" | jq .report.served_by

Exit codes: 0 it was answered; 1 nobody answered; 2 the command line or a setting cannot be used.";

/// What `ft chat` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    /// The question, in quotes. `-`, or nothing with something piped in, reads it from stdin.
    prompt: Vec<String>,
    /// Where the API is, up to before `/chat/completions`. On this machine it needs no key.
    #[arg(long, value_name = "URL", conflicts_with = "simulate")]
    base_url: Option<String>,
    /// A model to ask; given again, the one to fall back to.
    #[arg(long = "model", value_name = "MODEL")]
    models: Vec<String>,
    /// Instructions that stand before the question.
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    /// The most tokens of the answer, from 1 to 1000000. Default: 1000 with the default models, else the provider's.
    #[arg(long, value_name = "N", value_parser = tokens, allow_negative_numbers = true)]
    max_tokens: Option<u64>,
    /// Print the answer and its report as one JSON document.
    #[arg(long)]
    json: bool,
    /// Wait for the whole answer instead of printing it as it comes.
    #[arg(long)]
    no_stream: bool,
    /// Ask a simulated provider on this machine: no key, no network, no cost.
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
