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
Estimate what a request would cost at every model, cheapest first.

The request is a question, a body of the API, or two numbers of tokens. Tokens are counted with each model's own \
encoding where that is known, else estimated on the high side; the answer is expected to have --output-tokens. With \
--check it looks through the catalogue instead, for prices that are old and models that are being withdrawn.";

const AFTER: &str = "\
Examples:
  ft cost --prompt-tokens 1200 --output-tokens 400
  ft cost --request body.json --profile openai --profile anthropic
  ft cost --prompt-tokens 20000 --profile holysheep --billing holysheep
  ft cost --litellm model_prices_and_context_window.json \"Explain quantum entanglement\"
  ft cost --check

Exit codes: 0 it was estimated; 1 --check found something; 2 the command line or a file cannot be used.";

/// What `ft cost` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    #[command(flatten)]
    request: request::Args,
    /// Tokens of the request, instead of a question.
    #[arg(long, value_name = "N", conflicts_with_all = ["prompt", "request"], value_parser = tokens)]
    prompt_tokens: Option<u64>,
    /// Tokens that the answer is expected to have.
    #[arg(long, value_name = "N", default_value = "500", value_parser = tokens)]
    output_tokens: u64,
    /// Only the models of this profile; given again, of that one too.
    #[arg(long = "profile", value_name = "NAME")]
    profiles: Vec<String>,
    /// What is really paid: the list price, or HolySheep's ¥1 for $1 of credit at ¥7.3 to the dollar.
    #[arg(long, value_name = "HOW", value_enum, default_value = "list")]
    billing: Paid,
    /// With the rows of this configuration.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// With the rows of this price file of LiteLLM, model_prices_and_context_window.json.
    #[arg(long, value_name = "FILE")]
    litellm: Option<PathBuf>,
    /// The day of that file, YYYY-MM-DD. Default: today.
    #[arg(long, value_name = "DAY", requires = "litellm")]
    as_of: Option<String>,
    /// Look through the catalogue for old prices, withdrawn models and odd rows.
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
