//! `ft cost`: what a request would cost at every model of the catalogue.

mod estimates;
mod import;

use std::path::PathBuf;

use ft_core::{ChatRequest, Clock, SystemClock, UnixMillis};
use ft_cost::{Billing, Catalogue};
use serde_json::{Value, json};

use super::models::{catalogue, chosen};
use crate::failure::Failure;
use crate::ink::{Ink, Line};
use crate::output::{Output, for_terminal};
use crate::request;

pub(crate) const ABOUT: &str = "\
Estimate the cost of a request for every model, cheapest first.

The request is given as a prompt, as the JSON body of an API request, or as numbers of tokens. Tokens are counted \
with the model's own encoding if it is known, and otherwise estimated on the high side; --output-tokens is the \
expected length of the answer. With --check, the catalogue is checked for old prices and deprecated models instead.";

const AFTER: &str = "\
Examples:
  ft cost --prompt-tokens 1200 --output-tokens 400
  ft cost --request body.json --profile openai --profile anthropic
  ft cost --prompt-tokens 20000 --profile holysheep --billing holysheep
  ft cost --litellm model_prices_and_context_window.json \"Explain quantum entanglement\"
  ft cost --check

Exit codes: 0 success; 1 --check found something; 2 invalid command line or file.";

/// What `ft cost` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    #[command(flatten)]
    request: request::Args,
    /// Tokens of the request, instead of a prompt.
    #[arg(long, value_name = "N", conflicts_with_all = ["prompt", "request"], value_parser = tokens)]
    prompt_tokens: Option<u64>,
    /// Expected tokens of the answer.
    #[arg(long, value_name = "N", default_value = "500", value_parser = tokens)]
    output_tokens: u64,
    /// Only models of this profile. May be repeated.
    #[arg(long = "profile", value_name = "NAME")]
    profiles: Vec<String>,
    /// The price that is paid: the list price, or HolySheep's ¥1 for $1 of credit at ¥7.3 to the dollar.
    #[arg(long, value_name = "HOW", value_enum, default_value = "list")]
    billing: Paid,
    /// Include the rows of this configuration.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Include the rows of a LiteLLM price file, model_prices_and_context_window.json.
    #[arg(long, value_name = "FILE")]
    litellm: Option<PathBuf>,
    /// The date of the LiteLLM price file, YYYY-MM-DD. Default: today.
    #[arg(long, value_name = "DAY", requires = "litellm")]
    as_of: Option<String>,
    /// Check the catalogue for old prices, deprecated models and suspicious rows.
    #[arg(long, conflicts_with_all = ["prompt", "request", "prompt_tokens"])]
    check: bool,
    /// Print the result as one JSON document.
    #[arg(long)]
    json: bool,
}

/// What is really paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Paid {
    /// The list price.
    List,
    /// ¥1 buys $1 of credit, while a dollar costs ¥7.3.
    Holysheep,
}

impl Paid {
    const fn billing(self) -> Billing {
        match self {
            Self::List => Billing::LIST,
            Self::Holysheep => Billing::HOLYSHEEP,
        }
    }
}

fn tokens(text: &str) -> Result<u64, String> {
    let number = text.replace(['_', ','], "").parse().ok();
    let number = number.filter(|number| (1..=100_000_000).contains(number));
    number.ok_or_else(|| "must be a whole number from 1 to 100000000".to_owned())
}

/// Estimates, or looks through the catalogue.
pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let wall = SystemClock::new().wall();
    let mut catalogue = catalogue(args.config.as_ref())?;
    if let Some(file) = &args.litellm {
        import::add(&mut catalogue, file, args.as_of.as_deref(), wall, output)?;
    }
    let profiles = chosen(&catalogue, &args.profiles)?;
    if args.check {
        return check(&catalogue, &profiles, wall, args.json, output);
    }
    let request = args.request.read()?;
    let asked = match (&request, args.prompt_tokens) {
        (Some(request), _) => Asked::Request(request),
        (None, Some(tokens)) => Asked::Tokens(tokens),
        (None, None) => {
            return Err(Failure::usage(
                "there is nothing to estimate; write a question, or say --prompt-tokens N, --request FILE or --check",
            ));
        }
    };
    let billing = (args.billing != Paid::List).then(|| args.billing.billing());
    let found = estimates::of(&catalogue, &profiles, asked, args.output_tokens, wall);
    if args.json {
        return Ok(output.line(&estimates::json(&found, billing).to_string())?);
    }
    Ok(output.print(&estimates::lines(&found, billing, args.output_tokens))?)
}

/// What is to be estimated.
#[derive(Clone, Copy)]
enum Asked<'a> {
    Request(&'a ChatRequest),
    Tokens(u64),
}

fn check(
    catalogue: &Catalogue,
    profiles: &[String],
    wall: UnixMillis,
    as_json: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut findings = catalogue.check(wall);
    findings.retain(|finding| profiles.contains(&finding.profile));
    // How most vendors price; not worth a failing check.
    let serious = |finding: &&ft_cost::Finding| finding.wrong != ft_cost::Wrong::NoCachedPrice;
    let count = findings.iter().filter(serious).count();
    if as_json {
        let findings: Vec<_> = findings
            .iter()
            .map(|finding| {
                let text = finding.to_string();
                let says = text.split_once(": ").map_or(text.as_str(), |(_, says)| says);
                let serious = serious(&finding);
                json!({ "profile": finding.profile, "model": finding.model, "says": says, "serious": serious })
            })
            .collect();
        output.line(&Value::from(findings).to_string())?;
    } else {
        let ink =
            |finding: &ft_cost::Finding| if serious(&finding) { Ink::Warn } else { Ink::Faint };
        let mut lines: Vec<_> = findings
            .iter()
            .map(|finding| Line::of(ink(finding), for_terminal(&finding.to_string())))
            .collect();
        let rows: usize = profiles.iter().map(|profile| catalogue.rows_of(profile).count()).sum();
        let others = findings.len() - count;
        let others = match others {
            0 => String::new(),
            others => {
                format!("; {others} to know: no price for cached input, as with most vendors")
            }
        };
        let end = match count {
            0 => Line::of(Ink::Good, format!("{rows} rows, nothing to mend{others}")),
            count => Line::of(Ink::Warn, format!("{rows} rows, {count} to look at{others}")),
        };
        lines.push(end);
        output.print(&lines)?;
    }
    if count == 0 { Ok(()) } else { Err(Failure::told(1)) }
}
