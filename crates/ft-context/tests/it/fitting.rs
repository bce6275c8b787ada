//! What is left out, in which order, and what is reported.

use std::borrow::Cow;

use ft_context::Strategy::{DropMiddle, DropOldest, Refuse};
use ft_context::{
    Bound, Estimator, FitReport, MIN_OUTPUT, Strategy, TokenCount, TooLong, Window, counter_for,
    fit,
};
use ft_core::{ChatRequest, Message};
use serde_json::json;

use crate::conversation::{TextBytes, fitted, report, request, window};

#[track_caller]
fn check(strategy: Strategy, script: &str, tokens: u64, kept: &str) {
    assert_eq!(fitted(script, tokens, strategy).as_deref(), Ok(kept));
}

#[track_caller]
fn check_too_long(strategy: Strategy, script: &str, tokens: u64, needed: u64) {
    assert_eq!(fitted(script, tokens, strategy), Err(TooLong { needed, limit: tokens }));
}

#[test]
fn what_fits_to_the_last_token_is_left_alone() {
    check(DropOldest, "s u a u", 40, "s u a u");
    check(Refuse, "s u a u", 40, "s u a u");
}

#[test]
fn the_oldest_turn_goes_first_and_whole() {
    check(DropOldest, "s u a u a u", 59, "s . . u a u");
    check(DropOldest, "s u a u a u", 39, "s . . . . u");
}

#[test]
fn a_small_old_turn_does_not_stay_when_a_later_one_goes() {
    check(DropOldest, "s u1 a1 u80 a u", 40, "s . . . . u");
}

#[test]
fn instructions_stay_wherever_they_stand() {
    check(DropOldest, "s u a d u a s u", 50, "s . . d . . s u");
    check(DropOldest, "u d a u", 20, ". d . u");
}

#[test]
fn what_stands_before_the_first_user_is_a_turn() {
    check(DropOldest, "s a u a u", 40, "s . u a u");
}

#[test]
fn a_tool_call_keeps_its_result() {
    check(DropOldest, "s u t r a u", 59, "s . . . . u");
    check(DropOldest, "s u a u t r a u", 60, "s . . u t r a u");
}

#[test]
fn a_result_that_comes_after_the_next_user_message_joins_the_turns() {
    check(DropOldest, "u a u t u r u", 50, ". . u t u r u");
    check(DropOldest, "u a u t u r u", 49, ". . . . . . u");
}

#[test]
fn a_call_answered_in_the_last_turn_stays_with_it() {
    check(DropOldest, "u a u t u r", 40, ". . u t u r");
    check_too_long(DropOldest, "u a u t u r", 39, 40);
}

#[test]
fn the_last_turn_is_never_left_out() {
    check(DropOldest, "s u a u t r a", 59, "s . . u t r a");
    check_too_long(DropOldest, "s u a u t r a", 49, 50);
}

#[test]
fn a_conversation_without_a_user_is_one_turn() {
    check(DropOldest, "s a a", 30, "s a a");
    check_too_long(DropOldest, "s a a", 29, 30);
}

#[test]
fn an_empty_conversation_fits() {
    check(DropOldest, "", 0, "");
}

#[test]
fn drop_middle_keeps_the_first_user_turn() {
    check(DropMiddle, "s u a u a u a u", 60, "s u a . . u a u");
    check(DropMiddle, "s u a u a u a u", 59, "s u a . . . . u");
    check(DropMiddle, "s a u a u a u", 40, "s . u a . . u");
    check_too_long(DropMiddle, "s u a u a u", 39, 40);
}

#[test]
fn drop_middle_of_a_single_turn_is_that_turn() {
    check(DropMiddle, "s u a", 30, "s u a");
    check_too_long(DropMiddle, "s u a", 29, 30);
}

#[test]
fn refuse_leaves_nothing_out() {
    check_too_long(Refuse, "s u a u", 39, 40);
}

#[test]
fn too_long_says_by_how_much() {
    let error = fitted("u500", 100, DropOldest).unwrap_err();
    assert_eq!(error.by(), 400);
    assert!(
        error.to_string().contains("needs 500 tokens and may have 100, 400 too many"),
        "{error}"
    );
}

#[test]
fn the_report_says_what_went() {
    let expected = FitReport {
        dropped_messages: 5,
        dropped_turns: 2,
        dropped_tokens: 55,
        tokens: TokenCount::exact(20),
        max_output: None,
    };
    assert_eq!(report("s u15 a u t r u", 30), Some(expected));
    assert_eq!(report("s u15 a u t r u", 75), None);
}

#[test]
fn the_report_is_plain_json() {
    let report = FitReport {
        dropped_messages: 2,
        dropped_turns: 1,
        dropped_tokens: 30,
        tokens: TokenCount { tokens: 20, bound: Bound::Estimated { at_most: 80 } },
        max_output: None,
    };
    let value = serde_json::to_value(report).unwrap();
    let tokens = json!({"tokens": 20, "bound": {"estimated": {"at_most": 80}}});
    let expected =
        json!({"dropped_messages": 2, "dropped_turns": 1, "dropped_tokens": 30, "tokens": tokens});
    assert_eq!(value, expected);
    assert_eq!(serde_json::from_value::<FitReport>(value).unwrap(), report);
}

#[test]
fn what_fits_is_borrowed_and_what_is_changed_keeps_every_other_field() {
    let mut request = request("s u a u");
    request.extra.insert("seed_of_doubt".to_owned(), json!(1));
    request.temperature = Some(0.5);
    let whole = fit(&request, &window(40), &TextBytes, &DropOldest).unwrap();
    assert!(matches!(whole.request, Cow::Borrowed(same) if std::ptr::eq(same, &raw const request)));
    let cut = fit(&request, &window(39), &TextBytes, &DropOldest).unwrap();
    let mut expected = request.clone();
    expected.messages.drain(1..3);
    assert_eq!(*cut.request, expected);
}

#[test]
fn an_output_limit_above_the_models_is_lowered_to_it_even_when_refusing() {
    let request = ChatRequest::user("hello").with_max_tokens(100_000);
    let window = Window::for_request(&request, 64_000, Some(8_192));
    let fitted = fit(&request, &window, counter_for("deepseek-chat"), &Refuse).unwrap();
    assert_eq!(fitted.request.max_tokens, Some(8_192));
    let report = fitted.report.unwrap();
    assert_eq!((report.max_output, report.dropped_messages), (Some(8_192), 0));
}

#[test]
fn turns_go_before_the_answer_is_shortened() {
    let request = request("u500 a u500").with_max_tokens(1_000);
    let window = Window::for_request(&request, 1_505, None);
    let fitted = fit(&request, &window, &TextBytes, &DropOldest).unwrap();
    let report = fitted.report.unwrap();
    assert_eq!((report.dropped_turns, report.max_output), (1, None));
    assert_eq!(fitted.request.output_limit(), Some(1_000));
}

#[test]
fn the_answer_is_shortened_when_nothing_else_may_go_and_not_below_its_least() {
    let long = request("u500 a u500").with_max_tokens(1_000);
    let fit_into = |context| {
        let window = Window::for_request(&long, context, None);
        fit(&long, &window, &TextBytes, &DropOldest).map(|fitted| fitted.request.output_limit())
    };
    assert_eq!(fit_into(1_400), Ok(Some(900)));
    assert_eq!(fit_into(500 + MIN_OUTPUT), Ok(Some(MIN_OUTPUT)));
    let limit = 499;
    assert_eq!(fit_into(499 + MIN_OUTPUT), Err(TooLong { needed: 500, limit }));
}

#[test]
fn where_the_caller_set_no_output_limit_the_room_that_is_left_becomes_it() {
    let request = request("u500");
    let window = Window::for_request(&request, 1_000, None);
    let fitted = fit(&request, &window, &TextBytes, &DropOldest).unwrap();
    assert_eq!(fitted.request.output_limit(), Some(500));
    assert_eq!(fitted.report.unwrap().max_output, Some(500));
}

#[test]
fn the_newer_name_of_the_limit_is_kept() {
    let mut request = request("u500");
    request.max_completion_tokens = Some(1_000);
    let window = Window::for_request(&request, 1_000, None);
    let fitted = fit(&request, &window, &TextBytes, &DropOldest).unwrap();
    assert_eq!(fitted.request.max_completion_tokens, Some(500));
    assert_eq!(fitted.request.max_tokens, None);
}

#[test]
fn a_learned_limit_holds_when_it_is_the_smaller_one() {
    let request = request("u a u");
    let learned = |limit| {
        let window = window(1_000).with_learned_limit(Some(limit));
        fit(&request, &window, &TextBytes, &DropOldest).unwrap().request.messages.len()
    };
    assert_eq!((learned(20), learned(2_000)), (1, 3));
}

#[test]
fn a_reserve_above_the_models_own_output_limit_is_taken_as_that() {
    let window = Window { max_output: Some(10), ..Window::new(100).with_reserve(90) };
    assert_eq!((window.reserve(), window.limit()), (10, 90));
    let nothing = Window::new(100).with_reserve(200);
    assert_eq!(nothing.limit(), 0);
}

/// The fallback from 128,000 tokens to 32,000 that the crate is for, with counts as in earnest.
#[test]
fn a_long_conversation_falls_back_to_a_small_window_with_its_instructions_and_its_question() {
    let line =
        "We spoke about the roof of the barn and what it would cost to rebuild it before winter. ";
    let mut messages = vec![Message::system("You are a helpful assistant.")];
    for _ in 0..100 {
        messages.push(Message::user(line.repeat(10)));
        messages.push(Message::assistant(line.repeat(15)));
    }
    messages.push(Message::user("So what did we decide?"));
    let request = ChatRequest::new(messages);
    let large = Window::for_request(&request, 128_000, None);
    assert!(fit(&request, &large, &Estimator::O200K, &DropOldest).unwrap().report.is_none());
    let small = Window::for_request(&request, 32_000, None);
    let fitted = fit(&request, &small, &Estimator::DEEPSEEK, &DropOldest).unwrap();
    let report = fitted.report.unwrap();
    assert!(report.dropped_turns > 20 && report.tokens.tokens <= 31_000);
    assert_eq!(fitted.request.messages.first(), request.messages.first());
    assert_eq!(fitted.request.messages.last(), request.messages.last());
}
