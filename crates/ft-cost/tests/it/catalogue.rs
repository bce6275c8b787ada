//! The rows that ship, and how users change them.

use ft_core::{ModelCard, UnixMillis, Usage};
use ft_cost::{Catalogue, Day, Price, Rate, Rates, Row, Wrong};

fn day(text: &str) -> UnixMillis {
    text.parse::<Day>().unwrap().starts()
}

#[test]
fn every_row_that_ships_has_a_source_a_date_and_a_sane_price() {
    let catalogue = Catalogue::builtin();
    assert_eq!(
        catalogue.profiles().collect::<Vec<_>>(),
        ["anthropic", "deepseek", "gemini", "holysheep", "openai"]
    );
    assert_eq!(catalogue.len(), catalogue.rows().count());
    for row in catalogue.rows() {
        let name = format!("{}/{}", row.card.provider, row.card.model);
        assert!(!row.source.is_empty() && row.as_of.starts() >= day("2026-01-01"), "{name}");
        assert!(row.quality_basis.as_ref().unwrap().contains("judgement"), "{name}");
        assert!(row.card.quality > 0.5 && row.card.context_window >= 64_000, "{name}");
        let price = row.price(day("2026-11-22")).unwrap();
        let between = |rate: Rate, least: &str, most: &str| {
            rate >= least.parse().unwrap() && rate <= most.parse().unwrap()
        };
        assert!(!price.source.is_empty() && !price.free, "{name}");
        assert!(
            between(price.rates.input, "0.01", "10") && between(price.rates.output, "0.1", "50"),
            "{name}"
        );
        assert!(price.rates.output > price.rates.input, "{name}");
        assert!(price.rates.cached_input.is_none_or(|cached| cached < price.rates.input), "{name}");
    }
}

#[test]
fn the_holysheep_profile_has_the_figures_of_the_article() {
    let catalogue = Catalogue::builtin();
    let check = |model: &str, input: &str, output: &str, quality: f64, window: u64| {
        let rates = catalogue.price("holysheep", model, day("2026-11-22")).unwrap().rates;
        assert_eq!(rates, Rates::new(input.parse().unwrap(), output.parse().unwrap()));
        let card = catalogue.card("holysheep", model).unwrap();
        assert_eq!((card.quality.to_bits(), card.context_window), (quality.to_bits(), window));
    };
    check("gpt-4.1", "2.00", "8.00", 0.98, 128_000);
    check("claude-sonnet-4.5", "3.00", "15.00", 0.97, 200_000);
    check("gemini-2.5-flash", "0.25", "2.50", 0.92, 1_000_000);
    check("deepseek-v3.2", "0.06", "0.42", 0.88, 64_000);
    assert_eq!(catalogue.rows_of("holysheep").count(), 4);
}

#[test]
fn nine_tokens_in_of_which_four_cached_and_three_out_cost_36_micro_dollars() {
    let usage: Usage = serde_json::from_str(
        r#"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":4}}"#,
    )
    .unwrap();
    let catalogue = Catalogue::builtin();
    let price = catalogue.price("openai", "gpt-4.1", day("2026-11-22")).unwrap();
    assert_eq!(price.cost(&usage).to_string(), "$0.000036");
}

#[test]
fn an_unknown_model_has_no_price() {
    let catalogue = Catalogue::builtin();
    assert_eq!(catalogue.price("openai", "gpt-99", day("2026-11-22")), None);
    assert_eq!(catalogue.price("nobody", "gpt-4.1", day("2026-11-22")), None);
    assert_eq!(catalogue.card("openai", "claude-sonnet-4.5"), None);
}

#[test]
fn a_file_may_change_a_price_and_keep_the_card() {
    let mut catalogue = Catalogue::builtin();
    let before = catalogue.card("holysheep", "gpt-4.1").unwrap().clone();
    catalogue
        .extend_toml(
            r#"
            [[models]]
            profile = "holysheep"
            model = "gpt-4.1"
            source = "our contract"
            as_of = 2026-11-01
            prices = [{ input = "1.80", output = "7.20", cached_input = "0.45" }]

            [[models]]
            profile = "own"
            model = "llama"
            context_window = 131_072
            source = "our own machine"
            as_of = "2026-11-01"
            prices = [{ input = 0, output = 0, free = true }]
            "#,
        )
        .unwrap();
    let row = catalogue.row("holysheep", "gpt-4.1").unwrap();
    assert_eq!((&row.card, row.source.as_str()), (&before, "our contract"));
    assert_eq!(row.prices[0].rates.input.to_string(), "1.80");
    assert_eq!(row.prices[0].source, "our contract");
    let llama = catalogue.row("own", "llama").unwrap();
    assert!(llama.prices[0].free && llama.quality_basis.is_none());
}

#[test]
fn a_price_takes_over_on_its_day() {
    let catalogue = Catalogue::from_toml(
        r#"
        [[models]]
        profile = "own"
        model = "m"
        context_window = 1_000
        source = "a contract"
        as_of = "2026-11-01"
        prices = [
            { input = "2", output = "4", effective_from = "2027-01-01" },
            { input = "1", output = "2", effective_until = "2027-03-01" },
        ]
        "#,
    )
    .unwrap();
    let input = |on| catalogue.price("own", "m", day(on)).unwrap().rates.input.to_string();
    assert_eq!([input("2026-12-31"), input("2027-01-01")], ["1.00", "2.00"]);
}

#[test]
fn an_overridden_row_is_checked_and_replaces() {
    let mut catalogue = Catalogue::builtin();
    let as_of = "2026-11-22".parse().unwrap();
    let rates = Rates::new("1".parse().unwrap(), Rate::ZERO);
    let row = Row::new(ModelCard::new("openai", "gpt-4.1", 1_000), "us", as_of)
        .with_price(Price::new(rates, "us", as_of));
    let before = catalogue.clone();
    let error = catalogue.override_row(row.clone()).unwrap_err();
    assert_eq!((error.row(), error.field()), ("openai/gpt-4.1", "prices[0].output"));
    assert_eq!(catalogue, before);

    let mut sane = row;
    sane.prices[0].rates.output = "2".parse().unwrap();
    catalogue.override_row(sane).unwrap();
    let row = catalogue.row("openai", "gpt-4.1").unwrap();
    assert_eq!(row.card.context_window, 1_000);
    // Nobody judged the new row, so the quality that was judged before stays.
    assert_eq!(row.card.quality.to_bits(), 0.98_f64.to_bits());
}

#[test]
fn check_reports_what_is_deprecated_stale_or_unpriced() {
    let mut catalogue = Catalogue::builtin();
    catalogue
        .extend_toml(
            r#"
            [[models]]
            profile = "own"
            model = "m"
            context_window = 1_000
            source = "nobody"
            as_of = "2026-11-22"
            "#,
        )
        .unwrap();
    let findings = |on| -> Vec<(String, Wrong)> {
        let findings = catalogue.check(day(on)).into_iter();
        findings
            .map(|finding| (format!("{}/{}", finding.profile, finding.model), finding.wrong))
            .collect()
    };
    let has = |on, model: &str, wrong| findings(on).contains(&(model.into(), wrong));
    let date = |text: &str| text.parse::<Day>().unwrap();
    assert!(has("2026-11-22", "deepseek/deepseek-chat", Wrong::Deprecated(date("2026-07-24"))));
    assert!(has(
        "2026-11-22",
        "anthropic/claude-sonnet-4-5",
        Wrong::DeprecatedSoon(date("2026-11-30"))
    ));
    assert!(has(
        "2026-11-30",
        "anthropic/claude-sonnet-4-5",
        Wrong::Deprecated(date("2026-11-30"))
    ));
    assert!(has("2026-11-22", "own/m", Wrong::NoPrice));
    assert!(has("2026-11-22", "holysheep/gpt-4.1", Wrong::NoCachedPrice));
    assert!(has("2026-11-21", "openai/gpt-4.1", Wrong::FromTheFuture(date("2026-11-22"))));
    assert!(!findings("2027-02-20").iter().any(|(_, wrong)| matches!(wrong, Wrong::Stale(_))));
    assert!(has("2027-02-21", "openai/gpt-4.1", Wrong::Stale(date("2026-11-22"))));
    let wrong = |(_, wrong): &(String, Wrong)| matches!(wrong, Wrong::Unusual | Wrong::Stale(_));
    assert!(!findings("2026-11-22").iter().any(wrong));
}
