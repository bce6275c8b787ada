//! Limits, read as the least favourable provider reads them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn of(fields: Value) -> ChatRequest {
    let mut request = json!({"messages": [{"role": "user", "content": "hi"}]});
    if let (Some(request), Value::Object(fields)) = (request.as_object_mut(), fields) {
        request.extend(fields);
    }
    serde_json::from_value(request).unwrap()
}

#[test]
fn of_two_limits_the_larger_one_bounds_and_both_are_lowered() {
    for fields in [
        json!({"max_tokens": 100_000, "max_completion_tokens": 1}),
        json!({"max_tokens": 1, "max_completion_tokens": 100_000}),
        json!({"max_tokens": 1, "n_predict": 100_000}),
        json!({"max_tokens": 1, "max_new_tokens": "100000"}),
        json!({"max_completion_tokens": 1, "options": {"num_predict": 99_999.5}}),
    ] {
        let mut request = of(fields.clone());
        assert_eq!(request.output_limit(), Some(100_000), "{fields}");
        request.set_output_limit(256);
        assert_eq!(request.output_limit(), Some(256), "{fields}");
        let small = request.max_tokens.min(request.max_completion_tokens);
        assert!(small.is_none_or(|limit| limit == 1), "a smaller one stays: {fields}");
    }
}

#[test]
fn where_no_limit_is_known_to_everybody_there_is_none() {
    assert_eq!(of(json!({})).output_limit(), None);
    assert_eq!(of(json!({"max_new_tokens": 5})).output_limit(), None);
    assert_eq!(of(json!({"max_tokens": 5, "n_predict": -1})).output_limit(), None);
    let mut endless = of(json!({"max_tokens": 5, "n_predict": -1}));
    endless.set_output_limit(7);
    assert_eq!(endless.output_limit(), Some(7));
    let mut none = of(json!({}));
    none.set_output_limit(9);
    assert_eq!((none.max_tokens, none.max_completion_tokens), (Some(9), None));
}

#[test]
fn answers_that_are_only_made_to_choose_from_are_billed_too() {
    let billed = |fields: Value| of(fields).billed_choices();
    assert_eq!(billed(json!({})), 1);
    assert_eq!(billed(json!({"n": 3})), 3);
    assert_eq!(billed(json!({"n": 2, "best_of": 20})), 20);
    assert_eq!(billed(json!({"best_of": "20"})), 20);
    assert_eq!(billed(json!({"n": 2, "candidate_count": 1})), 2);
    assert_eq!(billed(json!({"best_of": null})), 1);
}

#[test]
fn to_be_served_before_others_costs_up_to_twice_as_much() {
    assert_eq!(of(json!({"service_tier": "priority"})).price_factor(), 2);
    for usual in [json!({}), json!({"service_tier": "flex"}), json!({"service_tier": null})] {
        assert_eq!(of(usual).price_factor(), 1);
    }
}

#[test]
fn reasoning_that_is_asked_for_counts_beside_the_limit() {
    let bound = |fields: Value| of(fields).billed_output_limit();
    for off in [
        json!({"reasoning_effort": "none"}),
        json!({"thinking": {"type": "disabled"}}),
        json!({"enable_thinking": false}),
        json!({"reasoning": {"exclude": true}}),
    ] {
        let mut fields = off.clone();
        fields["max_tokens"] = json!(100);
        assert_eq!(bound(fields), Some(100), "{off}");
    }
    for on in [
        json!({"reasoning_effort": "low"}),
        json!({"enable_thinking": true}),
        json!({"chat_template_kwargs": {"enable_thinking": true}}),
        json!({"thinking": {"type": "enabled"}}),
        json!({"thinking_budget": -1}),
    ] {
        let mut fields = on.clone();
        fields["max_tokens"] = json!(100);
        assert_eq!(bound(fields), None, "{on}");
        let mut fields = on.clone();
        fields["max_completion_tokens"] = json!(100);
        assert_eq!(bound(fields), Some(100), "reasoning is included: {on}");
    }
    let numbered = json!({"max_tokens": 100, "thinking": {"type": "enabled", "budget_tokens": 50}});
    assert_eq!(bound(numbered), Some(150));
    assert_eq!(bound(json!({"thinking_budget": 50})), None);
}

/// A field that a provider may read as a limit, a number of answers or a budget to reason with.
fn field() -> impl Strategy<Value = (&'static str, Value)> {
    let names = prop_oneof![
        Just("max_tokens"),
        Just("max_completion_tokens"),
        Just("n"),
        Just("best_of"),
        Just("num_return_sequences"),
        Just("n_predict"),
        Just("max_new_tokens"),
        Just("thinking_budget"),
    ];
    (names, 1_u64..100).prop_map(|(name, number)| (name, json!(number)))
}

proptest! {
    /// The bill of a provider that reads any one of the limits, makes any of the numbers of answers, and counts
    /// reasoning beside each of them.
    #[test]
    fn no_reading_of_the_request_bills_more_than_its_bound(
        fields in prop::collection::btree_map(0_u8..12, field(), 0..6),
    ) {
        let fields: serde_json::Map<_, _> =
            fields.into_values().map(|(name, value)| (name.to_owned(), value)).collect();
        let number = |name: &str| fields.get(name).and_then(Value::as_u64);
        let request = of(Value::Object(fields.clone()));
        let bound = request.billed_output_limit();
        let limits = ["max_tokens", "max_completion_tokens", "n_predict", "max_new_tokens"];
        let answers = ["n", "best_of", "num_return_sequences"];
        let reasoning = number("thinking_budget").unwrap_or(0);
        prop_assert_eq!(bound.is_none(), number(limits[0]).or(number(limits[1])).is_none());
        for limit in limits.into_iter().filter_map(number) {
            prop_assert!(bound.is_none_or(|bound| limit + reasoning <= bound));
        }
        for made in answers.into_iter().filter_map(number) {
            prop_assert!(made <= request.billed_choices());
        }
        let mut lowered = request;
        lowered.set_output_limit(7);
        prop_assert!(lowered.output_limit().is_some_and(|limit| limit <= 7));
    }
}
