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
    let options = Options { requests: Some(1_500), ..Options::default() };
    compare(&scenario("seed"), &[side(a), side(b)], &options, |_, _| {}).unwrap()
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
    assert!(success.sure && success.low > 0.0, "{success:?}");
    let calls = named("upstream calls per request");
    assert!(calls.sure && calls.low > 0.0, "{calls:?}");
    assert!(report.to_table().contains("differ"));
}
