//! What tokens cost, to the pico-dollar.

use ft_core::UnixMillis;
use proptest::prelude::*;

use super::*;

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

fn rates(input: &str, cached: &str, write: &str, output: &str) -> Rates {
    let optional = |text: &str| (!text.is_empty()).then(|| rate(text));
    Rates {
        input: rate(input),
        cached_input: optional(cached),
        cache_write: optional(write),
        output: rate(output),
    }
}

fn price(rates: Rates) -> Price {
    Price::new(rates, "a test", "2026-11-22".parse().unwrap())
}

/// gpt-5.6 of the catalogue.
fn tiered() -> Price {
    let mut price = price(rates("4.00", "0.40", "5.00", "20.00"));
    price.tiers = vec![Tier { min_input_tokens: 272_001, rates: rates("8", "0.80", "10", "30") }];
    price
}

fn usage(prompt: u64, cached: u64, written: u64, completion: u64) -> Usage {
    let details = serde_json::json!({"cached_tokens": cached, "cache_write_tokens": written});
    serde_json::from_value(serde_json::json!({
        "prompt_tokens": prompt, "completion_tokens": completion, "prompt_tokens_details": details,
    }))
    .unwrap()
}

fn cost(price: &Price, [prompt, cached, written, completion]: [u64; 4], dollars: &str) {
    assert_eq!(price.cost(&usage(prompt, cached, written, completion)).to_string(), dollars);
}

#[test]
fn each_kind_of_token_has_its_price() {
    cost(&price(rates("2.00", "0.50", "", "8.00")), [9, 4, 0, 3], "$0.000036");
    cost(&tiered(), [10, 2, 3, 1], "$0.0000558");
}

#[test]
fn without_a_price_of_their_own_cached_tokens_cost_as_input() {
    cost(&price(rates("2.00", "", "", "8.00")), [9, 4, 5, 3], "$0.000042");
}

#[test]
fn a_tier_prices_the_whole_request() {
    cost(&tiered(), [272_000, 0, 0, 0], "$1.088");
    cost(&tiered(), [272_001, 0, 0, 1], "$2.176038");
}

#[test]
fn the_largest_usage_has_its_true_cost() {
    let dear = price(rates("1000", "", "", "1000"));
    let most = u128::from(u64::MAX) * 1_000_000_000 * 2;
    assert_eq!(dear.cost(&usage(u64::MAX, 0, 0, u64::MAX)), Pico::from_pico(most));
    assert_eq!(dear.at_most(u64::MAX, u64::MAX), Pico::from_pico(most));
}

#[test]
fn the_bound_takes_the_dearest_input_and_the_dearest_reachable_tier() {
    assert_eq!(tiered().at_most(1_000, 10).to_string(), "$0.0052");
    assert_eq!(tiered().at_most(300_000, 0).to_string(), "$3.00");
    // A falling tier: a request just below it costs more than one just above.
    let mut falling = price(rates("4", "", "", "20"));
    falling.tiers = vec![Tier { min_input_tokens: 1_001, rates: rates("1", "", "", "5") }];
    assert_eq!(falling.at_most(1_001, 0).to_string(), "$0.004");
}

#[test]
fn a_price_holds_from_its_first_day_until_its_last() {
    let mut price = tiered();
    price.effective_from = Some("2026-11-01".parse().unwrap());
    price.effective_until = Some("2026-12-01".parse().unwrap());
    let starts = |day: &str| day.parse::<Day>().unwrap().starts().0;
    assert!(!price.holds_at(UnixMillis(starts("2026-11-01") - 1)));
    assert!(price.holds_at(UnixMillis(starts("2026-11-01"))));
    assert!(price.holds_at(UnixMillis(starts("2026-12-01") - 1)));
    assert!(!price.holds_at(UnixMillis(starts("2026-12-01"))));
}

prop_compose! {
    fn any_rates()(
        input in 1_000_u64..1_000_000_000, cached in 1_000_u64..1_000_000_000,
        write in 1_000_u64..1_000_000_000, output in 1_000_u64..1_000_000_000, known: (bool, bool),
    ) -> Rates {
        let rate = |pico| Rate::from_pico_per_token(pico).unwrap();
        Rates {
            input: rate(input), cached_input: known.0.then(|| rate(cached)),
            cache_write: known.1.then(|| rate(write)), output: rate(output),
        }
    }
}

proptest! {
    #[test]
    fn no_usage_within_its_limits_costs_more_than_the_bound(
        base in any_rates(),
        tiers in prop::collection::btree_map(1_u64..3_000, any_rates(), 0..4),
        (input, output) in (0_u64..4_000, 0_u64..4_000),
        percent in prop::array::uniform4(0_u64..=100),
    ) {
        let mut price = price(base);
        price.tiers =
            tiers.into_iter().map(|(min_input_tokens, rates)| Tier { min_input_tokens, rates }).collect();
        let part = |of: u64, percent: u64| of * percent / 100;
        let prompt = part(input, percent[0]);
        let cached = part(prompt, percent[1]);
        // More would stand beside the request's tokens, and make it longer.
        let written = part(prompt - cached, percent[2]);
        let usage = usage(prompt, cached, written, part(output, percent[3]));
        prop_assert!(price.cost(&usage) <= price.at_most(input, output));
    }
}
