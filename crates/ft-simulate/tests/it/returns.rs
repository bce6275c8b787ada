//! The article's table of prices and return.

use ft_client::cost::Pico;
use ft_simulate::{RoiInputs, roi};

use crate::scenario;

fn small() -> RoiInputs {
    RoiInputs { simulated: 2_000, ..RoiInputs::default() }
}

#[test]
fn the_table_follows_from_its_inputs() {
    let report = roi(&scenario("seed"), &small(), None, |_, _| {}).unwrap();
    let [chain, alone] = &report.columns[..] else { panic!("two columns") };
    // 520 × $2 + 650 × $8 a million requests, of which 94.2 % are answered and paid.
    let full = Pico::from_dollars(6_240);
    assert!(alone.api < full && alone.api > Pico::from_dollars(5_700), "{:?}", alone.api);
    assert_eq!(alone.charged, None);
    let charged = chain.charged.unwrap();
    assert!(charged.saturating_mul(8) > chain.api && charged.saturating_mul(7) < chain.api);
    for column in [chain, alone] {
        let sum = column.api.saturating_add(column.downtime).saturating_mul(12);
        assert_eq!(column.year_without_engineering, sum);
        assert_eq!(column.year, sum.saturating_add(column.engineering));
    }
    assert!(alone.downtime > chain.downtime);
}

#[test]
fn what_the_article_contradicts_is_printed_with_the_reason() {
    let report = roi(&scenario("seed"), &small(), None, |_, _| {}).unwrap();
    let text = report.to_table();
    for figure in ["$81,680.00", "$103,680.00", "$10,704.00", "$842.00", "10 M", "$6,146.60"] {
        assert!(text.contains(figure), "{figure} is not in\n{text}");
    }
    assert!(report.to_json().contains("\"disagreements\""));
}

#[test]
fn inputs_can_be_changed() {
    let mut inputs = small();
    inputs.requests *= 10;
    inputs.hour = Pico::ZERO;
    let (ten, one) = (
        roi(&scenario("seed"), &inputs, None, |_, _| {}).unwrap(),
        roi(&scenario("seed"), &small(), None, |_, _| {}).unwrap(),
    );
    assert_eq!(ten.columns[0].engineering, Pico::ZERO);
    let (ten, one) = (ten.columns[0].api.as_pico(), one.columns[0].api.as_pico() * 10);
    // Each is in whole cents, as it is printed.
    const CENT: u128 = 10_000_000_000;
    assert!(ten.is_multiple_of(CENT) && ten.abs_diff(one) <= 6 * CENT, "{ten} and {one}");
}
