//! `ft explain`: what would become of a request, and why.

mod text;

use std::path::PathBuf;

use ft_client::config::{ChainConfig, ClientConfig, DEFAULT_CHAIN, ProviderConfig};
use ft_client::{CallOptions, Client};

use crate::config_file;
use crate::failure::Failure;
use crate::output::Output;
use crate::request;

pub(crate) const ABOUT: &str = "\
Explain how a request would be routed, without sending it.

Lists the targets in the order in which they would be tried, with the request's size relative to each context window, \
its cost, its timeouts, and whatever would prevent the call. The result is that of a client that has just started, \
with closed circuit breakers and open gates; a running gateway explains its current state on its admin listener. No \
key is needed.";

const AFTER: &str = "\
Examples:
  ft explain \"Explain quantum entanglement\"
  ft explain --config ft.toml --chain cheap --request body.json
  ft explain --config ft.toml --model openai/gpt-4.1 --json \"Hello\" | jq .targets
  curl -d @body.json http://127.0.0.1:8081/admin/explain    for a running gateway

Exit codes: 0 a target would be called; 1 none would; 2 invalid command line, request or configuration.";

/// What `ft explain` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    #[command(flatten)]
    request: request::Args,
    /// The configuration file. Default: gpt-4.1, then claude-sonnet-4.5 and gemini-2.5-flash at HolySheep.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The chain. Default: the model of --request if it names a chain, otherwise `default`.
    #[arg(long, value_name = "NAME", conflicts_with = "model")]
    chain: Option<String>,
    /// A single target, as PROVIDER/MODEL.
    #[arg(long, value_name = "PROVIDER/MODEL")]
    model: Option<String>,
    /// Print the explanation as one JSON document.
    #[arg(long)]
    json: bool,
}

/// Explains.
pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let Some(request) = args.request.read()? else {
        return Err(Failure::usage("there is no request; write a question, or say --request FILE"));
    };
    let config = match &args.config {
        Some(path) => config_file::read_keyless(path)?.client,
        None => holysheep(),
    };
    let client = Client::builder()
        .config(config)
        .build()
        .map_err(|wrong| Failure::usage(wrong.to_string()))?;
    let options = options(args, &client, &request.model)?;
    let explained =
        client.explain(&request, &options).map_err(|error| Failure::usage(error.to_string()))?;
    if args.json {
        let json = serde_json::to_string(&explained)
            .map_err(|error| Failure::failed(format!("cannot print the explanation: {error}")))?;
        output.line(&json)?;
    } else {
        output.print(&text::of(&explained))?;
    }
    if text::fails(&explained) { Err(Failure::told(1)) } else { Ok(()) }
}

/// The preset chain. Nothing is sent, so any key will do.
fn holysheep() -> ClientConfig {
    let mut config = ClientConfig::default();
    let provider =
        ProviderConfig::new("https://api.holysheep.ai/v1").with_key("sk-not-sent-0000-0000-0000");
    config.providers.insert("holysheep".to_owned(), provider);
    config.chains.insert(DEFAULT_CHAIN.to_owned(), ChainConfig::holysheep("holysheep"));
    config
}

fn options(args: &Args, client: &Client, asked: &str) -> Result<CallOptions, Failure> {
    let options = CallOptions::new();
    if let Some(model) = &args.model {
        let Some((provider, model)) = model.split_once('/') else {
            let known = client.targets();
            let known: Vec<_> = known
                .iter()
                .map(|target| format!("{}/{}", target.provider, target.model))
                .collect();
            return Err(Failure::usage(format!(
                "--model: `{model}` names no provider; there are: {}",
                known.join(", ")
            )));
        };
        return Ok(options.with_target(provider, model));
    }
    if let Some(chain) = &args.chain {
        return Ok(options.with_chain(chain));
    }
    Ok(if client.chains().any(|chain| chain == asked) {
        options.with_chain(asked)
    } else {
        options
    })
}
