//! `ft models`: what is known of models, their windows and prices.

use std::path::PathBuf;

use ft_core::{Clock, SystemClock, UnixMillis};
use ft_cost::{Catalogue, Day, Row, STALE_AFTER_DAYS};
use serde_json::{Value, json};

use crate::config_file;
use crate::failure::Failure;
use crate::figures::grouped;
use crate::ink::{Ink, Line};
use crate::output::{Output, for_terminal};
use crate::table::{Side, Table};

pub(crate) const ABOUT: &str = "\
List the models of the catalogue: context window, prices, quality, capabilities.

A profile is a price list, since the same model has different prices at different vendors. The rows are list prices \
with their source and date; [[models]] in a configuration overrides them.";

const AFTER: &str = "\
Examples:
  ft models
  ft models --profile openai
  ft models --config ft.toml --json | jq '.[] | select(.deprecated)'

Exit codes: 0 success; 2 invalid command line or configuration.";

/// What `ft models` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    /// Only models of this profile. May be repeated.
    #[arg(long = "profile", value_name = "NAME")]
    profiles: Vec<String>,
    /// Include the rows of this configuration.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print them as one JSON array.
    #[arg(long)]
    json: bool,
}

/// Lists the models.
pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let catalogue = catalogue(args.config.as_ref())?;
    let profiles = chosen(&catalogue, &args.profiles)?;
    let wall = SystemClock::new().wall();
    if args.json {
        let rows = profiles.iter().flat_map(|profile| catalogue.rows_of(profile));
        let rows: Vec<_> = rows.map(|row| as_json(row, wall)).collect();
        return Ok(output.line(&Value::from(rows).to_string())?);
    }
    let mut lines = Vec::new();
    for profile in &profiles {
        lines.push(Line::of(Ink::Bold, for_terminal(profile)));
        lines.extend(table(catalogue.rows_of(profile), wall).lines(2));
        lines.push(Line::new());
    }
    let legend = "Prices in dollars per million tokens. TAKES: t tools, v images, j JSON schemas, p prefill.";
    lines.push(Line::of(Ink::Faint, legend));
    lines
        .push(Line::of(Ink::Faint, "OF: the day of the price; ! it is more than ninety days old."));
    Ok(output.print(&lines)?)
}

/// The catalogue that ships, with the rows of a configuration.
///
/// # Errors
/// When the configuration cannot be used.
pub(super) fn catalogue(config: Option<&PathBuf>) -> Result<Catalogue, Failure> {
    let Some(path) = config else { return Ok(Catalogue::builtin()) };
    let config = config_file::read_keyless(path)?;
    let catalogue = config.client.catalogue(Catalogue::builtin());
    catalogue.map_err(|wrong| Failure::usage(config.locate(wrong).to_string()))
}

/// These profiles, or all.
///
/// # Errors
/// When the catalogue does not have one of them.
pub(super) fn chosen(catalogue: &Catalogue, named: &[String]) -> Result<Vec<String>, Failure> {
    let known: Vec<_> = catalogue.profiles().map(str::to_owned).collect();
    if let Some(name) = named.iter().find(|name| !known.contains(name)) {
        return Err(Failure::usage(format!(
            "--profile: the catalogue has no `{name}`; it has {}",
            known.join(", ")
        )));
    }
    Ok(if named.is_empty() { known } else { named.to_vec() })
}

fn table<'a>(rows: impl Iterator<Item = &'a Row>, wall: UnixMillis) -> Table {
    let mut table = Table::new(&[
        ("MODEL", Side::Left),
        ("WINDOW", Side::Right),
        ("IN", Side::Right),
        ("OUT", Side::Right),
        ("QUALITY", Side::Right),
        ("TAKES", Side::Left),
        ("OF", Side::Left),
        ("", Side::Left),
    ]);
    for row in rows {
        let price = row.price(wall);
        let rate =
            |rate: Option<ft_cost::Rate>| rate.map_or_else(|| "?".to_owned(), |r| r.to_string());
        let stale = price.is_some_and(|price| is_stale(price.as_of, wall));
        let day = price.map_or(row.as_of, |price| price.as_of);
        let (ink, leaves) = match leaving(row, wall) {
            None => (Ink::Plain, String::new()),
            Some((day, true)) => (Ink::Bad, format!("gone {day}")),
            Some((day, false)) => (Ink::Warn, format!("till {day}")),
        };
        let quality = match &row.quality_basis {
            Some(_) => format!("{:.2}", row.card.quality),
            None => "–".to_owned(),
        };
        table.row([
            (Ink::Plain, row.card.model.clone()),
            (Ink::Plain, grouped(row.card.context_window)),
            (Ink::Plain, rate(price.map(|price| price.rates.input))),
            (Ink::Plain, rate(price.map(|price| price.rates.output))),
            (Ink::Plain, quality),
            (Ink::Plain, takes(row)),
            (
                if stale { Ink::Warn } else { Ink::Plain },
                format!("{day}{}", if stale { "!" } else { "" }),
            ),
            (ink, leaves),
        ]);
    }
    table
}

/// The day on which a model leaves, when that is near or past, and whether it is past.
fn leaving(row: &Row, wall: UnixMillis) -> Option<(Day, bool)> {
    let day = row.deprecated_on()?;
    let left = Day::of(wall).days_until(day);
    (left <= STALE_AFTER_DAYS).then_some((day, left <= 0))
}

fn is_stale(as_of: Day, wall: UnixMillis) -> bool {
    as_of.days_until(Day::of(wall)) > STALE_AFTER_DAYS
}

fn takes(row: &Row) -> String {
    let can = row.card.capabilities;
    [(can.tools, 't'), (can.vision, 'v'), (can.json, 'j'), (can.prefill, 'p')]
        .map(|(can, letter)| if can { letter } else { '·' })
        .iter()
        .collect()
}

fn as_json(row: &Row, wall: UnixMillis) -> Value {
    let (card, price) = (&row.card, row.price(wall));
    json!({
        "profile": card.provider,
        "model": card.model,
        "context_window": card.context_window,
        "max_output": card.max_output,
        "quality": row.quality_basis.as_ref().map(|_| card.quality),
        "quality_basis": row.quality_basis,
        "capabilities": {
            "tools": card.capabilities.tools,
            "vision": card.capabilities.vision,
            "json": card.capabilities.json,
            "prefill": card.capabilities.prefill,
        },
        "deprecated_on": card.deprecated_on,
        "deprecated": leaving(row, wall).is_some_and(|(_, gone)| gone),
        "price_per_million": price.map(|price| json!({
            "input": price.rates.input,
            "output": price.rates.output,
            "cached_input": price.rates.cached_input,
            "cache_write": price.rates.cache_write,
            "long_context_tiers": price.tiers.len(),
        })),
        "as_of": price.map_or(row.as_of, |price| price.as_of).to_string(),
        "stale": price.is_some_and(|price| is_stale(price.as_of, wall)),
        "source": price.map_or(&row.source, |price| &price.source),
    })
}
