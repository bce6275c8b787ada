//! What one request would cost at each model.

use std::cmp::Reverse;

use ft_client::context::counter_for;
use ft_core::UnixMillis;
use ft_cost::{Billing, Catalogue, Estimate, Pico, RequestSize};
use serde_json::{Value, json};

use super::Asked;
use crate::figures::grouped;
use crate::ink::{Ink, Line};
use crate::table::{Side, Table};

/// One model's estimate.
pub(super) struct Found<'a> {
    size: RequestSize,
    estimate: Estimate<'a>,
}

/// All of them: what fits first, cheapest first, unknown prices last.
pub(super) fn of<'a>(
    catalogue: &'a Catalogue,
    profiles: &[String],
    asked: Asked<'_>,
    output_tokens: u64,
    wall: UnixMillis,
) -> Vec<Found<'a>> {
    let rows = profiles.iter().flat_map(|profile| catalogue.rows_of(profile));
    let mut found: Vec<_> = rows
        .map(|row| {
            let size = match asked {
                Asked::Tokens(tokens) => RequestSize::new(tokens, output_tokens),
                Asked::Request(request) => {
                    let count = counter_for(&row.card.model).count_request(request);
                    RequestSize::of(request, count.tokens, count.at_most(), output_tokens)
                }
            };
            Found { size, estimate: Estimate::new(row, &size, wall) }
        })
        .collect();
    found.sort_by_key(|found| {
        let estimate = &found.estimate;
        (Reverse(estimate.fits), estimate.expected.is_none(), estimate.expected)
    });
    found
}

/// For people.
pub(super) fn lines(
    found: &[Found<'_>],
    billing: Option<Billing>,
    output_tokens: u64,
) -> Vec<Line> {
    let mut columns = vec![
        ("PROFILE", Side::Left),
        ("MODEL", Side::Left),
        ("TOKENS", Side::Right),
        ("EXPECTED", Side::Right),
        ("AT MOST", Side::Right),
    ];
    if billing.is_some() {
        columns.extend([("CHARGED", Side::Right), ("SAVED", Side::Right)]);
    }
    columns.push(("", Side::Left));
    let mut table = Table::new(&columns);
    for Found { size, estimate } in found {
        let card = &estimate.row.card;
        let exact = size.input == size.input_at_most;
        let mut cells = vec![
            (Ink::Plain, card.provider.clone()),
            (Ink::Bold, card.model.clone()),
            (Ink::Plain, format!("{}{}", if exact { "" } else { "~" }, grouped(size.input))),
            (Ink::Plain, sum(estimate.expected, estimate.fits)),
            (Ink::Plain, sum(at_most(estimate), estimate.fits)),
        ];
        if let Some(billing) = billing {
            let bill = estimate.expected.filter(|_| estimate.fits).map(|list| billing.bill(list));
            let permille = bill.map(|bill| bill.saving_permille());
            cells.push((Ink::Plain, sum(bill.map(|bill| bill.charged), estimate.fits)));
            cells.push((
                Ink::Plain,
                permille.map_or_else(
                    || if estimate.fits { "?" } else { "–" }.to_owned(),
                    |p| format!("{}.{} %", p / 10, p % 10),
                ),
            ));
        }
        if !estimate.fits {
            cells.push((Ink::Warn, "does not fit".to_owned()));
        }
        table.row(cells);
    }
    let mut lines = table.lines(0);
    lines.push(Line::new());
    let about = format!(
        "EXPECTED: {} answer tokens, nothing cached. AT MOST: what a spend budget would reserve.",
        grouped(output_tokens)
    );
    lines.push(Line::of(Ink::Faint, about));
    if found.iter().any(|found| found.size.input != found.size.input_at_most) {
        lines.push(Line::of(
            Ink::Faint,
            "~: estimated, on the high side; the model's own encoding is not known here.",
        ));
    }
    lines
}

/// The most that it may cost. What is expected may cost what is expected, whatever a bound was made from.
fn at_most(estimate: &Estimate<'_>) -> Option<Pico> {
    Some(estimate.at_most?.max(estimate.expected?))
}

/// What does not fit is not answered, and costs nothing that could be told.
fn sum(amount: Option<Pico>, fits: bool) -> String {
    if fits { money(amount) } else { "–".to_owned() }
}

/// Six decimals: a short question to a small model costs a few of them.
fn money(amount: Option<Pico>) -> String {
    amount.map_or_else(|| "?".to_owned(), |amount| format!("{amount:.6}"))
}

pub(super) fn json(found: &[Found<'_>], billing: Option<Billing>) -> Value {
    let each = found.iter().map(|Found { size, estimate }| {
        let card = &estimate.row.card;
        let mut value = json!({
            "profile": card.provider,
            "model": card.model,
            "prompt_tokens": size.input,
            "prompt_tokens_exact": size.input == size.input_at_most,
            "output_tokens": size.output,
            "expected_usd": estimate.expected.filter(|_| estimate.fits),
            "least_usd": estimate.low.filter(|_| estimate.fits),
            "most_usd": at_most(estimate).filter(|_| estimate.fits),
            "fits": estimate.fits,
        });
        let expected = estimate.expected.filter(|_| estimate.fits);
        if let Some(bill) = billing.and_then(|billing| Some(billing.bill(expected?))) {
            value["charged_usd"] = json!(bill.charged);
            value["saving_usd"] = json!(bill.saving);
        }
        value
    });
    Value::from(each.collect::<Vec<_>>())
}
