//! Two sides on the same luck.

use ft_client_config::config;
use ft_simulate::{ComparisonReport, Options, Side, compare};

use crate::scenario;

mod ft_client_config {
    use ft_client::config::ClientConfig;

    /// The chain of the aggregator's models, with or without its second tier.
    pub(super) fn config(tiers: usize) -> ClientConfig {
        let models = ["gpt-4.1", "claude-sonnet-4.5", "gemini-2.5-flash"];
        let tiers = models.iter().take(tiers).map(|model| {
            format!(
                "[[chains.default.tiers]]\nname = \"{model}\"\n\
                 targets = [{{ provider = \"holysheep\", model = \"{model}\" }}]\n"
            )
        });
        let text: String = std::iter::once(
            "[providers.holysheep]\nbase_url = \"http://127.0.0.1:9/v1\"\n".to_owned(),
        )
        .chain(tiers)
        .collect();
        ClientConfig::from_toml(&text, |_| None).unwrap()
    }
}

fn compared(a: usize, b: usize) -> ComparisonReport {
    let side = |tiers: usize| Side { name: tiers.to_string(), config: Some(config(tiers)) };
    let options = Options { requests: Some(300), ..Options::default() };
    compare(&scenario("seed"), &[side(a), side(b)], &options, 10, |_, _| {}).unwrap()
}

#[test]
fn a_side_compared_with_itself_does_not_differ_at_all() {
    for difference in compared(2, 2).differences {
        assert!(difference.difference.abs() < f64::EPSILON, "{difference:?}");
        assert!(!difference.sure, "{difference:?}");
    }
}

#[test]
fn a_second_tier_is_surely_better_and_surely_not_free() {
    let report = compared(1, 2);
    let named = |figure: &str| {
        report.differences.iter().find(|difference| difference.figure == figure).unwrap()
    };
    let success = named("success");
    assert!(success.sure && success.low.unwrap() > 0.0, "{success:?}");
    let calls = named("upstream calls per request");
    assert!(calls.sure && calls.low.unwrap() > 0.0, "{calls:?}");
    assert!(report.to_table().contains("differ"));
}

#[test]
fn the_figures_are_the_runs_own() {
    let report = compared(1, 2);
    assert_eq!((report.seeds, report.seed), (10, 42));
    for difference in &report.differences {
        assert_eq!(difference.by_seed.len(), 10);
        let mean = difference.by_seed.iter().map(|(a, _)| a).sum::<f64>() / 10.0;
        assert!((difference.a - mean).abs() < 1e-9, "{difference:?}");
        assert!(
            (difference.b - difference.a - difference.difference).abs() < 1e-9,
            "{difference:?}"
        );
    }
    let mean = report.differences.iter().find(|one| one.figure == "latency, mean").unwrap();
    assert!((mean.by_seed[0].0 - report.a.latency_ms.mean.unwrap()).abs() < 1e-9);
    assert!((mean.by_seed[0].1 - report.b.latency_ms.mean.unwrap()).abs() < 1e-9);
}

#[test]
fn an_outage_of_an_hour_in_a_day_is_seen() {
    let text = "duration = \"1 day\"\n[traffic]\narrivals = \"poisson\"\nrate = \"30/h\"\n\
        [providers.p.models.m]\nlatency = \"1s\"\noutages = [{ from = \"9h\", for = \"1h\" }]\n\
        [providers.q.models.n]\nlatency = \"1s\"\n\
        [[chains.default.tiers]]\nname = \"one\"\ntargets = [{ provider = \"p\", model = \"m\" }]\n\
        [[chains.default.tiers]]\nname = \"two\"\ntargets = [{ provider = \"q\", model = \"n\" }]\n";
    let alone = "[providers.p]\nbase_url = \"http://127.0.0.1:9/v1\"\n\
        [[chains.default.tiers]]\nname = \"one\"\ntargets = [{ provider = \"p\", model = \"m\" }]\n";
    let alone = ft_client::config::ClientConfig::from_toml(alone, |_| None).unwrap();
    let sides = [
        Side { name: "own".to_owned(), config: None },
        Side { name: "alone".to_owned(), config: Some(alone) },
    ];
    let scenario = ft_simulate::Scenario::from_toml(text, "s.toml").unwrap();
    let report = compare(&scenario, &sides, &Options::default(), 4, |_, _| {}).unwrap();
    let success = &report.differences[0];
    // One hour of twenty-four is 4.17 points.
    assert!(success.sure && (success.difference + 4.17).abs() < 1.0, "{success:?}");
    let one = compare(&scenario, &sides, &Options::default(), 1, |_, _| {}).unwrap();
    assert!(!one.differences[0].sure && one.differences[0].low.is_none());
    assert!(one.to_table().contains("not known of one seed"));
}
