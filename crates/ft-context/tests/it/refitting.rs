//! After a provider's refusal.

use ft_context::Strategy::{DropOldest, Refuse};
use ft_context::{TooLong, Window, refit};
use ft_core::ChatRequest;

use crate::conversation::{TextBytes, kept, request, window};

#[track_caller]
fn check(script: &str, window: &Window, expected: &str) {
    let sent = request(script);
    let smaller = refit(&sent, window, &TextBytes, &DropOldest).unwrap();
    assert_eq!(kept(script, &smaller.request), expected);
    assert!(smaller.report.unwrap().dropped_messages > 0);
}

#[test]
fn what_seemed_to_fit_loses_a_quarter() {
    check("s u a u a u a u", &window(1_000), "s . . u a u a u");
    check("u a u a u a u a u a u", &window(1_000), ". . . . u a u a u a u");
}

#[test]
fn a_learned_limit_below_three_quarters_holds() {
    check("s u a u a u", &window(1_000).with_learned_limit(Some(30)), "s . . . . u");
}

#[test]
fn less_than_a_quarter_is_left_out_when_that_is_all_there_is() {
    check("s u a u100", &window(1_000), "s . . u100");
}

fn refit_one_turn(request: &ChatRequest, window: &Window) -> Result<Option<u64>, TooLong> {
    let smaller = refit(request, window, &TextBytes, &DropOldest)?;
    Ok(smaller.report.unwrap().max_output)
}

#[test]
fn a_single_turn_can_only_ask_for_a_shorter_answer() {
    let sent = request("s u600").with_max_tokens(2_000);
    assert_eq!(refit_one_turn(&sent, &window(8_000)), Ok(Some(1_000)));
    let learned = Window::for_request(&sent, 8_000, None).with_learned_limit(Some(1_200));
    assert_eq!(refit_one_turn(&sent, &learned), Ok(Some(590)));
}

#[test]
fn when_nothing_is_left_to_leave_out_it_is_too_long() {
    let without_limit = request("s u600");
    assert!(refit_one_turn(&without_limit, &window(8_000)).is_err());
    let short_answer = request("s u600").with_max_tokens(400);
    assert!(refit_one_turn(&short_answer, &window(8_000)).is_err());
    let learned = window(8_000).with_learned_limit(Some(500));
    let error = refit_one_turn(&request("s u600").with_max_tokens(2_000), &learned).unwrap_err();
    assert_eq!((error.needed, error.limit), (610, 500));
}

#[test]
fn refuse_never_shrinks() {
    let sent = request("s u a u");
    assert!(refit(&sent, &window(1_000), &TextBytes, &Refuse).is_err());
}

#[test]
fn refitting_again_and_again_ends() {
    let mut sent = request(&"u a ".repeat(50)).with_max_tokens(2_000);
    let mut times = 0;
    while let Ok(smaller) = refit(&sent, &window(10_000), &TextBytes, &DropOldest) {
        let next = smaller.request.into_owned();
        assert_ne!(next, sent);
        sent = next;
        times += 1;
        assert!(times < 60);
    }
    assert_eq!(sent.messages.len(), 2);
}
