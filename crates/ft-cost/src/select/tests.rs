//! Which model is chosen, and what is said when none is.

use ft_core::Capabilities;

use super::*;
use crate::Day;

fn today() -> UnixMillis {
    "2026-11-22".parse::<Day>().unwrap().starts()
}

/// A password-reset question and its answer.
const QUESTION: RequestSize = RequestSize::new(12, 200);

fn chosen(profile: &str, size: RequestSize, need: &Need) -> Result<String, NoModel> {
    let catalogue = Catalogue::builtin();
    select(&catalogue, Candidates::Profile(profile), &size, need, today())
        .map(|selection| selection.card.model.clone())
}

fn check(size: RequestSize, need: &Need, model: &str) {
    assert_eq!(chosen("holysheep", size, need).unwrap(), model);
}

fn refused(size: RequestSize, need: &Need, message: &str) -> NoModel {
    let error = chosen("holysheep", size, need).unwrap_err();
    assert_eq!(error.to_string(), message);
    error
}

fn per_thousand(budget: &str) -> BudgetPer {
    BudgetPer::ThousandTokens(budget.parse().unwrap())
}

#[test]
fn the_password_question_goes_to_deepseek() {
    let need = Need::default().with_quality(0.85).with_budget(per_thousand("0.01"));
    check(QUESTION, &need, "deepseek-v3.2");
}

#[test]
fn each_need_moves_the_choice() {
    check(QUESTION, &Need::default().with_quality(0.9), "gemini-2.5-flash");
    check(QUESTION, &Need::default().with_quality(0.97), "gpt-4.1");
    check(QUESTION, &Need::default().with_context(65_000), "gemini-2.5-flash");
    let vision = Capabilities { vision: true, ..Capabilities::NONE };
    check(QUESTION, &Need { capabilities: vision, ..Need::default() }, "gemini-2.5-flash");
    check(RequestSize::new(63_999, 1), &Need::default(), "deepseek-v3.2");
    check(RequestSize::new(64_000, 1), &Need::default(), "gemini-2.5-flash");
}

#[test]
fn the_cost_is_that_of_this_request() {
    let catalogue = Catalogue::builtin();
    let all = Candidates::Profile("holysheep");
    let selection = select(&catalogue, all, &QUESTION, &Need::default(), today()).unwrap();
    assert_eq!(selection.cost.to_string(), "$0.00008472");
    let three = RequestSize { choices: 3, ..QUESTION };
    let selection = select(&catalogue, all, &three, &Need::default(), today()).unwrap();
    assert_eq!(selection.cost.to_string(), "$0.00025272");
}

#[test]
fn a_long_answer_and_a_long_prompt_choose_differently() {
    let names =
        [("openai", "gpt-5-nano"), ("gemini", "gemini-2.5-flash-lite"), ("openai", "gpt-5-mini")];
    let mut catalogue = Catalogue::builtin();
    let rates = crate::Rates::new("0.01".parse().unwrap(), "2".parse().unwrap());
    let price = crate::Price::new(rates, "a contract", "2026-11-22".parse().unwrap());
    let mut row = catalogue.row("openai", "gpt-5-mini").unwrap().clone();
    row.prices = vec![price];
    catalogue.override_row(row).unwrap();
    let model = |size| {
        let selection =
            select(&catalogue, Candidates::Models(&names), &size, &Need::default(), today());
        selection.unwrap().card.model.clone()
    };
    assert_eq!(model(RequestSize::new(100_000, 10)), "gpt-5-mini");
    assert_eq!(model(RequestSize::new(10, 10_000)), "gpt-5-nano");
}

#[test]
fn the_budget_is_met_to_the_last_pico_dollar() {
    let exact = BudgetPer::Request("0.00008472".parse().unwrap());
    check(QUESTION, &Need::default().with_budget(exact), "deepseek-v3.2");
    let short = BudgetPer::Request("0.000084719999".parse().unwrap());
    let error = refused(
        QUESTION,
        &Need::default().with_budget(short),
        "none of 4 models meets the need; nearest is holysheep/deepseek-v3.2: \
         cost $0.00008472 is above the budget of $0.000084719999",
    );
    assert!(matches!(error.failed()[..], [Unmet::Budget { .. }]));
}

#[test]
fn the_nearest_misses_least() {
    let error = refused(
        QUESTION,
        &Need::default().with_quality(0.99),
        "none of 4 models meets the need; nearest is holysheep/gpt-4.1: quality 0.98 is below 0.99",
    );
    assert!(matches!(error.failed()[..], [Unmet::Quality { .. }]));
    assert!(chosen("holysheep", QUESTION, &Need::default().with_quality(f64::NAN)).is_err());
    let prefill = Capabilities { prefill: true, ..Capabilities::NONE };
    refused(
        QUESTION,
        &Need { capabilities: prefill, ..Need::default() },
        "none of 4 models meets the need; nearest is holysheep/deepseek-v3.2: it lacks prefill",
    );
}

#[test]
fn needs_that_only_exclude_each_other_are_none_that_failed() {
    let need = Need::default().with_quality(0.95).with_budget(per_thousand("0.005"));
    let error = chosen("holysheep", QUESTION, &need).unwrap_err();
    assert!(error.failed().is_empty());
    assert_eq!(error.nearest().unwrap().model, "gemini-2.5-flash");
    assert_eq!(error.candidates().len(), 4);
}

#[test]
fn deprecated_unpriced_and_unknown_models_are_not_chosen() {
    let catalogue = {
        let mut catalogue = Catalogue::builtin();
        let card = ModelCard::new("own", "unpriced", 8_000);
        let row = Row::new(card, "a test", "2026-11-22".parse().unwrap());
        catalogue.override_row(row).unwrap();
        catalogue
    };
    let names = [("own", "unpriced"), ("deepseek", "deepseek-chat"), ("deepseek", "deepseek-v9")];
    let candidates = Candidates::Models(&names);
    let error = select(&catalogue, candidates, &QUESTION, &Need::default(), today()).unwrap_err();
    let unmet: Vec<_> =
        error.candidates().iter().map(|near| (near.model.as_str(), &near.unmet[..])).collect();
    let day = "2026-07-24".parse().unwrap();
    assert_eq!(
        unmet,
        [
            ("deepseek-chat", &[Unmet::Deprecated(day)][..]),
            ("unpriced", &[Unmet::Price][..]),
            ("deepseek-v9", &[Unmet::Unknown][..]),
        ],
    );
    let anyway = Need { deprecated: true, ..Need::default() };
    let selection = select(&catalogue, candidates, &QUESTION, &anyway, today()).unwrap();
    assert_eq!(selection.card.model, "deepseek-chat");
}

#[test]
fn an_empty_list_says_so() {
    let error = chosen("nobody", QUESTION, &Need::default()).unwrap_err();
    assert!(error.to_string().starts_with("there is no model to choose from"));
    assert_eq!((error.nearest(), error.failed().len()), (None, 0));
}

#[test]
fn ties_are_broken_by_quality_and_then_by_name() {
    let mut catalogue = Catalogue::empty();
    let rates = crate::Rates::new("1".parse().unwrap(), "2".parse().unwrap());
    let day: Day = "2026-11-22".parse().unwrap();
    let mut add = |model: &str, quality| {
        let card = ModelCard { quality, ..ModelCard::new("own", model, 8_000) };
        let price = crate::Price::new(rates, "a test", day);
        catalogue.override_row(Row::new(card, "a test", day).with_price(price)).unwrap();
    };
    for (model, quality) in [("b", 0.7), ("c", 0.7), ("a", 0.6)] {
        add(model, quality);
    }
    let names = [("own", "c"), ("own", "a"), ("own", "b")];
    for candidates in [Candidates::Profile("own"), Candidates::Models(&names)] {
        let selection =
            select(&catalogue, candidates, &QUESTION, &Need::default(), today()).unwrap();
        assert_eq!(selection.card.model, "b");
    }
}
