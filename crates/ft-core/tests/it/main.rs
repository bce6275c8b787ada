//! The decision tree as people read it and the decision table as code runs it are the same.

use std::collections::BTreeSet;

use ft_core::decide::Skip;
use ft_core::{Bill, ErrorKind, Mark, Next, Out, Rule, Scope, rule};

const PAGE: &str = include_str!("../../../../docs/decision-tree.md");

const SCOPES: [Scope; 4] = [Scope::Call, Scope::Target, Scope::Credential, Scope::Endpoint];

/// The rows of the table that follows this heading, without its head, each as its cells without backticks.
fn table(heading: &str) -> Vec<Vec<String>> {
    let (_, section) = PAGE.split_once(heading).expect("the page has this heading");
    let table = section.lines().skip_while(|line| !line.starts_with('|'));
    let rows = table.take_while(|line| line.starts_with('|')).skip(2);
    let cells = |row: &str| -> Vec<String> {
        row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()
    };
    rows.map(cells).collect()
}

fn scopes(cell: &str) -> Vec<Scope> {
    if cell == "any" {
        return SCOPES.to_vec();
    }
    let named = |name| Scope::from_name(name).unwrap_or_else(|| panic!("no scope `{name}`"));
    cell.split(", ").map(named).collect()
}

fn breaker(mark: Mark) -> &'static str {
    match mark {
        Mark::Failure => "failure",
        Mark::Slow => "failure, slow",
        Mark::Throttled => "neutral, throttled",
        Mark::Neutral => "neutral",
    }
}

fn shut(out: Out, scope: Scope) -> &'static str {
    match (out, scope) {
        (Out::Nothing, _) => "nothing",
        (Out::GateIfHinted, _) => "the target, as long as the hint says; without one nothing",
        (Out::Gate, _) => "the model under this key: as long as the hint says, else 1 s, doubling",
        (Out::Out, Scope::Credential) => "the key: 60 s, doubling to 15 min",
        (Out::Out, Scope::Call | Scope::Target | Scope::Endpoint) => {
            "the target: 60 s, doubling to 15 min"
        }
    }
}

fn next(next: Next) -> &'static str {
    match next {
        Next::Next => "the next target",
        Next::OtherCredential => "another key of the same provider, then the next target",
        Next::Refit => "the same target once, with a shorter request, then the next target",
        Next::StopIfFirst => "stop if this was the first target asked, else the next target",
        Next::StopUnlessConfigured => "stop, or the next target with content_filter_falls_through",
        Next::Stop => "stop: nothing live is left to try",
    }
}

fn bill(bill: Bill) -> &'static str {
    match bill {
        Bill::Nothing => "nothing",
        Bill::Estimate => "the estimate",
    }
}

fn yes(holds: bool) -> &'static str {
    if holds { "yes" } else { "no" }
}

/// The cells that describe a rule, in the table's order.
fn cells(kind: ErrorKind, scope: Scope) -> [&'static str; 6] {
    let Rule { breaker: mark, out, next: way, again, bill: owed } = rule(kind, scope);
    [breaker(mark), shut(out, scope), next(way), yes(again), yes(kind.is_transient()), bill(owed)]
}

#[test]
fn every_row_says_what_the_code_does() {
    for row in table("## The table") {
        let kind = ErrorKind::from_name(&row[0]).unwrap_or_else(|| panic!("no kind `{}`", row[0]));
        for scope in scopes(&row[1]) {
            assert_eq!(row[2..8], cells(kind, scope), "{} of {}", kind.as_str(), scope.as_str());
        }
    }
}

#[test]
fn every_kind_with_every_scope_stands_in_exactly_one_row() {
    let mut seen = BTreeSet::new();
    for row in table("## The table") {
        for scope in scopes(&row[1]) {
            let new = seen.insert((ErrorKind::from_name(&row[0]).unwrap(), scope));
            assert!(new, "{} of {} stands there twice", row[0], scope.as_str());
        }
    }
    for kind in ErrorKind::ALL {
        for scope in SCOPES {
            let there = seen.contains(&(kind, scope));
            assert!(there, "{} of {} is missing", kind.as_str(), scope.as_str());
        }
    }
}

#[test]
fn the_usual_scope_of_a_kind_is_marked() {
    for row in table("## The table") {
        let kind = ErrorKind::from_name(&row[0]).unwrap();
        let usual = scopes(&row[1]).contains(&kind.default_scope());
        let (before, _) = row[8].split_once(':').unwrap_or((&row[8], ""));
        let named = before.strip_prefix("usually ").map(|scope| Scope::from_name(scope).unwrap());
        assert_eq!(named, usual.then(|| kind.default_scope()), "{}", kind.as_str());
    }
}

/// Fails to compile when a reason is added, so that a row is.
const fn number(why: Skip) -> usize {
    match why {
        Skip::TooLong => 0,
        Skip::Unsupported => 1,
        Skip::OutOfTime => 2,
        Skip::Gate => 3,
        Skip::Out => 4,
        Skip::InFlight => 5,
        Skip::Breaker => 6,
        Skip::RetryBudget => 7,
        Skip::Amplification => 8,
        Skip::Spend => 9,
        Skip::CallerSpend => 10,
    }
}

#[test]
fn every_reason_to_skip_a_target_has_its_row_in_the_order_of_admission() {
    let all = [
        Skip::TooLong,
        Skip::Unsupported,
        Skip::OutOfTime,
        Skip::Gate,
        Skip::Out,
        Skip::InFlight,
        Skip::Breaker,
        Skip::RetryBudget,
        Skip::Amplification,
        Skip::Spend,
        Skip::CallerSpend,
    ];
    let rows = table("## Why a target is skipped");
    assert_eq!(rows.len(), all.len());
    for (row, why) in rows.iter().zip(all) {
        assert_eq!(all[number(why)], why);
        assert_eq!(row[0], why.as_str());
        assert_eq!(row[2], yes(why.is_worth_waiting()), "{}", row[0]);
    }
}

const PICTURE: &str = include_str!("../../../../docs/decision-tree.svg");

/// The names that the picture shows, which stand in texts of their own class.
fn pictured() -> BTreeSet<&'static str> {
    let texts = PICTURE.split("<text class=\"code\"").skip(1);
    let words = texts.map(|text| {
        let (_, text) = text.split_once('>').expect("a text has words");
        text.split_once('<').expect("and an end").0
    });
    words.flat_map(|words| words.split(" · ")).collect()
}

#[test]
fn the_picture_has_every_reason_to_skip_and_no_name_that_the_page_lacks() {
    let first = |heading| table(heading).into_iter().map(|row| row[0].clone());
    let reasons: BTreeSet<String> = first("## Why a target is skipped").collect();
    let manners: BTreeSet<String> = first("## How to read a trail").collect();
    let pictured = pictured();
    for name in &pictured {
        assert!(reasons.contains(*name) || manners.contains(*name), "{name} is not on the page");
    }
    for reason in &reasons {
        assert!(pictured.contains(reason.as_str()), "{reason} is not in the picture");
    }
}
