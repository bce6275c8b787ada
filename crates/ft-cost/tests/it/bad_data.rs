//! Files that are wrong: each error names the row, the field and the rule.

use ft_cost::Catalogue;

const ROW: &str = r#"
[[models]]
profile = "own"
model = "m"
context_window = 1_000
quality = 0.5
source = "a contract"
as_of = "2026-11-01"
[[models.prices]]
input = "1.00"
output = "2.00"
"#;

/// Replaces `from` in a good row by `to`, and expects the error.
#[track_caller]
fn check(from: &str, to: &str, row: &str, field: &str, rule: &str) {
    assert!(Catalogue::from_toml(ROW).is_ok());
    assert!(ROW.contains(from));
    let error = Catalogue::from_toml(&ROW.replacen(from, to, 1)).unwrap_err();
    assert_eq!((error.row(), error.field()), (row, field), "{error}");
    assert!(error.rule().contains(rule), "{error}");
    assert_eq!(error.to_string(), format!("{row}: {field}: {}", error.rule()));
}

#[test]
fn prices_that_are_no_prices() {
    let input = |to: &str, rule| check(r#"input = "1.00""#, to, "own/m", "prices[0].input", rule);
    input("input = nan", "finite");
    input("input = inf", "finite");
    input(r#"input = "NaN""#, "plain decimal");
    input("input = 0.5", "a float is not exact");
    input("input = -1", "negative");
    input(r#"input = "-1.00""#, "negative");
    input(r#"input = "1e-6""#, "plain decimal");
    input(r#"input = "0""#, "free = true");
    input(r#"input = "0.0000001""#, "six decimals");
    input("input = true", "must be a string");
    input("", "is missing");
}

#[test]
fn prices_in_the_wrong_unit() {
    let output = |to: &str| {
        check(r#"output = "2.00""#, to, "own/m", "prices[0].output", "unit is dollars per million")
    };
    output(r#"output = "0.000002""#);
    output(r#"output = "2000000""#);
    output("output = 2000000");
}

#[test]
fn rows_without_origin_or_name() {
    check(r#"source = "a contract""#, "", "own/m", "source", "is missing");
    check(r#"source = "a contract""#, "source = ' '", "own/m", "source", "must say where");
    check(r#"as_of = "2026-11-01""#, "", "own/m", "as_of", "is missing");
    check(r#"profile = "own""#, "", "models[0]", "profile", "is missing");
    check(r#"model = "m""#, "model = 5", "models[0]", "model", "must be a string");
    check(r#"model = "m""#, "model = ''", "own/", "model", "1 to 200 bytes");
}

#[test]
fn dates_that_do_not_exist() {
    let as_of = r#"as_of = "2026-11-01""#;
    check(as_of, r#"as_of = "2026-02-30""#, "own/m", "as_of", "YYYY-MM-DD");
    check(as_of, "as_of = 20261101", "own/m", "as_of", "must be a date");
    check(as_of, "as_of = 2026-11-01T00:00:00Z", "own/m", "as_of", "YYYY-MM-DD");
    let with = format!("{as_of}\ndeprecated_on = \"soon\"");
    check(as_of, &with, "own/m", "deprecated_on", "YYYY-MM-DD");
    let from = "input = \"1.00\"\neffective_from = \"2026-13-01\"";
    check(r#"input = "1.00""#, from, "own/m", "prices[0].effective_from", "YYYY-MM-DD");
    let never =
        "input = \"1.00\"\neffective_from = \"2026-02-01\"\neffective_until = \"2026-02-01\"";
    check(r#"input = "1.00""#, never, "own/m", "prices[0].effective_until", "after effective_from");
}

#[test]
fn rows_and_prices_that_are_stated_twice() {
    check("[[models]]", &format!("{ROW}[[models]]"), "own/m", "model", "already");
    let twice = "[[models.prices]]\ninput = \"3\"\noutput = \"4\"\n[[models.prices]]";
    check("[[models.prices]]", twice, "own/m", "prices[1].effective_from", "begins then too");
}

#[test]
fn cards_beyond_reason() {
    check("quality = 0.5", "quality = nan", "own/m", "quality", "from 0 to 1");
    check("quality = 0.5", "quality = 1.1", "own/m", "quality", "from 0 to 1");
    check("quality = 0.5", "quality = 98", "own/m", "quality", "from 0 to 1");
    check("quality = 0.5", "quality_basis = 'tests'", "own/m", "quality", "is missing");
    check("context_window = 1_000", "", "own/m", "context_window", "is missing");
    check("context_window = 1_000", "context_window = 0", "own/m", "context_window", "from 1 to");
    check("context_window = 1_000", "context_window = -5", "own/m", "context_window", "negative");
    check(
        "context_window = 1_000",
        "context_window = 1e3",
        "own/m",
        "context_window",
        "whole number",
    );
    check("quality = 0.5", "max_output = 0", "own/m", "max_output", "from 1 to");
    check(
        "quality = 0.5",
        "capabilities = ['fly']",
        "own/m",
        "capabilities",
        "must be an array of",
    );
}

#[test]
fn tiers_that_do_not_rise() {
    let tiers = |tiers: &str, field: &str, rule: &str| {
        let with = format!("input = \"1.00\"\ntiers = [{tiers}]");
        check(r#"input = "1.00""#, &with, "own/m", field, rule);
    };
    let tier = |from: &str| format!("{{ min_input_tokens = {from}, input = '2', output = '4' }}");
    tiers(&tier("0"), "prices[0].tiers[0].min_input_tokens", "above 0");
    let twice = format!("{}, {}", tier("100"), tier("100"));
    tiers(&twice, "prices[0].tiers[1].min_input_tokens", "above the tier before");
    tiers("{ input = '2', output = '4' }", "prices[0].tiers[0].min_input_tokens", "is missing");
    tiers(
        "{ min_input_tokens = 5, input = '0', output = '4' }",
        "prices[0].tiers[0].input",
        "free = true",
    );
    tiers("5", "prices[0].tiers", "array of tables");
}

#[test]
fn fields_and_files_that_are_unknown() {
    check("quality = 0.5", "qualty = 0.5", "own/m", "qualty", "no field");
    check(
        r#"input = "1.00""#,
        "input = '1'\ncached = '1'",
        "own/m",
        "prices[0].cached",
        "no field",
    );
    check("[[models]]", "[defaults]\n[[models]]", "file", "defaults", "no field");
    check("[[models]]", "[models", "file", "line 2", "");
    assert!(Catalogue::from_toml("models = 3").is_err());
    assert!(Catalogue::from_toml("").unwrap().is_empty());
}

#[test]
fn a_bad_file_changes_nothing() {
    let mut catalogue = Catalogue::builtin();
    let bad = format!("{ROW}{}", ROW.replace("own", "other").replace("1.00", "-1"));
    assert_eq!(catalogue.extend_toml(&bad).unwrap_err().row(), "other/m");
    assert_eq!(catalogue, Catalogue::builtin());
}
