//! What a request would cost at every model of a profile.

use ft_core::{ChatRequest, UnixMillis};
use ft_cost::{Catalogue, Day, Estimate, Pico, RequestSize, estimate};

fn today() -> UnixMillis {
    "2026-11-22".parse::<Day>().unwrap().starts()
}

fn dollars(amount: Option<Pico>) -> String {
    amount.map_or("unknown".into(), |amount| amount.to_string())
}

#[test]
fn models_come_cheapest_first_and_unpriced_last() {
    let mut catalogue = Catalogue::builtin();
    let unpriced = "
        [[models]]
        profile = 'holysheep'
        model = 'a-new-one'
        context_window = 1_000
        source = 'a test'
        as_of = '2026-11-22'";
    catalogue.extend_toml(unpriced).unwrap();
    let size = RequestSize::new(1_000, 500).with_output_at_most(1_000);
    let estimates = estimate(&catalogue, "holysheep", &size, today());
    let line = |estimate: &Estimate<'_>| {
        let [low, expected, most] =
            [estimate.low, estimate.expected, estimate.at_most].map(dollars);
        format!("{} {low} {expected} {most} {}", estimate.row.card.model, estimate.fits)
    };
    assert_eq!(
        estimates.iter().map(line).collect::<Vec<_>>(),
        [
            "deepseek-v3.2 $0.00006 $0.00027 $0.00048 true",
            "gemini-2.5-flash $0.00025 $0.0015 $0.00275 true",
            "gpt-4.1 $0.002 $0.006 $0.01 true",
            "claude-sonnet-4.5 $0.003 $0.0105 $0.018 true",
            "a-new-one unknown unknown unknown false",
        ]
    );
}

#[test]
fn the_least_is_a_cached_request_and_the_most_obeys_the_models_limit() {
    let catalogue = Catalogue::builtin();
    let size = RequestSize::new(1_000, 100).with_input_at_most(2_000);
    let row = catalogue.row("openai", "gpt-4.1").unwrap();
    let estimate = Estimate::new(row, &size, today());
    assert_eq!(dollars(estimate.low), "$0.0005");
    assert_eq!(dollars(estimate.expected), "$0.0028");
    // 2,000 × 2 and 32,768 × 8 micro-dollars.
    assert_eq!(dollars(estimate.at_most), "$0.266144");
}

#[test]
fn without_any_limit_the_window_bounds_the_answer() {
    let catalogue = Catalogue::builtin();
    let card = catalogue.card("holysheep", "gpt-4.1").unwrap();
    let exact = RequestSize::new(28_000, 10);
    assert_eq!(exact.most_output(card), 100_000);
    // The request may be shorter than its estimate says, and the answer longer by as much.
    assert_eq!(exact.with_input_at_most(28_001).most_output(card), 128_000);
    assert_eq!(exact.with_output_at_most(50).most_output(card), 50);
}

#[test]
fn a_requests_size_follows_its_limit_and_its_choices() {
    let mut request = ChatRequest::user("How do I reset my password?").with_max_tokens(50);
    request.n = Some(3);
    let size = RequestSize::of(&request, 12, 10, 200);
    assert_eq!(
        (size.input_at_most, size.output, size.output_at_most, size.choices),
        (12, 50, Some(50), 3)
    );
    let catalogue = Catalogue::builtin();
    let estimate = Estimate::new(catalogue.row("openai", "gpt-4.1").unwrap(), &size, today());
    // 12 × 2 and 3 × 50 × 8 micro-dollars.
    assert_eq!(dollars(estimate.expected), "$0.001224");
    assert_eq!(estimate.at_most, estimate.expected);
}
