//! Every configuration that makes no sense is refused by field and rule.

use std::time::Duration;

use ft_limit::{
    AmplificationCap, AmplificationConfig, Gate, GateConfig, RetryBudget, RetryBudgetConfig,
    Slowness, SlownessConfig,
};

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn the_defaults_are_valid() {
    assert!(Gate::new(GateConfig::default()).is_ok());
    assert!(RetryBudget::new(RetryBudgetConfig::default()).is_ok());
    assert!(AmplificationCap::new(AmplificationConfig::default()).is_ok());
    assert!(Slowness::new(SlownessConfig::default()).is_ok());
    assert!(Slowness::new(SlownessConfig::for_hedging()).is_ok());
}

#[test]
fn a_gate_names_the_field_it_refuses() {
    let check = |change: fn(&mut GateConfig), field| {
        let mut config = GateConfig::default();
        change(&mut config);
        assert_eq!(Gate::new(config).unwrap_err().field(), field);
    };
    check(|c| c.first_wait = Duration::ZERO, "first_wait");
    check(|c| c.first_wait = Duration::from_secs(21), "first_wait");
    check(|c| c.wait_cap = DAY * 2, "wait_cap");
    check(|c| c.out_wait = Duration::from_secs(901), "out_wait");
    check(|c| c.out_cap = Duration::MAX, "out_cap");
    check(|c| c.silence_opens = Duration::ZERO, "silence_opens");
    check(|c| c.mild_below = Duration::from_secs(301), "mild_below");
    check(|c| c.recheck = Duration::ZERO, "recheck");
}

#[test]
fn budgets_name_the_field_they_refuse() {
    for ratio in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
        let config = RetryBudgetConfig { ratio, ..RetryBudgetConfig::default() };
        assert_eq!(RetryBudget::new(config).unwrap_err().field(), "ratio");
    }
    for ratio in [f64::NAN, 1.9, -2.0, f64::INFINITY] {
        let config = AmplificationConfig { ratio, ..AmplificationConfig::default() };
        assert_eq!(AmplificationCap::new(config).unwrap_err().field(), "ratio");
    }
    let config = RetryBudgetConfig { window: Duration::ZERO, ..RetryBudgetConfig::default() };
    assert_eq!(RetryBudget::new(config).unwrap_err().field(), "window");
    let config = RetryBudgetConfig { reserve: 1_001, ..RetryBudgetConfig::default() };
    assert_eq!(RetryBudget::new(config).unwrap_err().field(), "reserve");
    let config = AmplificationConfig { refill_every: DAY * 2, ..AmplificationConfig::default() };
    assert_eq!(AmplificationCap::new(config).unwrap_err().field(), "refill_every");
}

#[test]
fn slowness_names_the_field_it_refuses() {
    for enough in [0, 129] {
        let config = SlownessConfig { enough, ..SlownessConfig::default() };
        assert_eq!(Slowness::new(config).unwrap_err().field(), "enough");
    }
    let config = SlownessConfig { turn_every: 0, ..SlownessConfig::default() };
    assert_eq!(Slowness::new(config).unwrap_err().field(), "turn_every");
}

#[test]
fn a_refusal_reads_as_a_sentence() {
    let config = GateConfig { recheck: Duration::ZERO, ..GateConfig::default() };
    let refused = Gate::new(config).unwrap_err();
    assert_eq!(refused.to_string(), "recheck must be longer than zero and at most 24 hours");
}
