//! What holds for every conversation.

use std::borrow::Cow;
use std::ops::Range;

use ft_context::{Counter, Fitted, Strategy as Keep, TooLong, Window, fit, refit};
use ft_core::ChatRequest;
use ft_core::chat::Role;
use proptest::prelude::*;

use crate::conversation::{TextBytes, places, request};

const LETTERS: [&str; 6] = ["u", "a", "t", "r", "s", "d"];

/// A conversation in which a result never stands before the first call.
fn conversations() -> impl Strategy<Value = ChatRequest> {
    let message = (prop::sample::select(&LETTERS[..]), 3_u64..60);
    let limit = prop::option::of(1_u64..2_000);
    (prop::collection::vec(message, 0..24), limit).prop_map(|(messages, limit)| {
        let mut called = false;
        let words = messages.into_iter().map(|(letter, size)| {
            called |= letter == "t";
            format!("{}{size}", if letter == "r" && !called { "a" } else { letter })
        });
        let mut request = request(&words.collect::<Vec<_>>().join(" "));
        request.max_tokens = limit;
        request
    })
}

fn windows() -> impl Strategy<Value = Window> {
    let optional = || prop::option::of(0_u64..1_500);
    (0_u64..1_500, 0_u64..600, optional(), optional()).prop_map(
        |(context, reserve_output, max_output, learned_limit)| Window {
            context,
            max_output,
            reserve_output,
            learned_limit,
        },
    )
}

fn strategies() -> impl Strategy<Value = Keep> {
    prop::sample::select(vec![Keep::DropOldest, Keep::DropMiddle, Keep::Refuse])
}

fn tokens(request: &ChatRequest) -> u64 {
    TextBytes.count_request(request).tokens
}

/// The messages from the last user message on.
fn last_turn(request: &ChatRequest) -> Range<usize> {
    let user = request.messages.iter().rposition(|message| message.role == Role::User);
    user.unwrap_or(0)..request.messages.len()
}

/// What holds for every request that was fitted, whichever way.
fn check(whole: &ChatRequest, window: &Window, fitted: &Fitted<'_>) {
    let new = &*fitted.request;
    let (before, after) = (tokens(whole), tokens(new));
    // Within the window, the answer's room included.
    assert!(after <= window.context() - window.reserve().min(256).min(window.context()));
    if after > window.limit() {
        let answer = new.output_limit().expect("a limit is set where the reserve is cut into");
        assert!(after + answer <= window.context());
    }
    if let (Some(asked), Some(most)) = (new.output_limit(), window.max_output) {
        assert!(asked <= most);
    }
    // In order, nothing changed but what is gone.
    let places = places(new);
    assert!(places.is_sorted_by(|one, other| one < other));
    assert!(places.iter().zip(&new.messages).all(|(&at, message)| whole.messages[at] == *message));
    // The instructions and the last turn are there.
    for (at, message) in whole.messages.iter().enumerate() {
        if message.role.is_instruction() || last_turn(whole).contains(&at) {
            assert!(places.contains(&at), "{at} is gone");
        }
    }
    // Tool calls and results only together.
    for (at, message) in whole.messages.iter().enumerate() {
        let Some(id) = &message.tool_call_id else { continue };
        let call =
            whole.messages[..at].iter().rposition(|m| m.tool_calls.iter().any(|c| c.id == *id));
        assert_eq!(places.contains(&at), places.contains(&call.unwrap()), "call of {at}");
    }
    // Borrowed exactly when nothing changed, and the report adds up.
    assert_eq!(matches!(fitted.request, Cow::Borrowed(_)), fitted.report.is_none());
    assert_eq!(fitted.report.is_none(), new == whole);
    if let Some(report) = fitted.report {
        let gone = whole.messages.len() - new.messages.len();
        assert_eq!(report.dropped_messages, gone as u64);
        assert_eq!(report.dropped_tokens, before - after);
        assert!(report.tokens.at_most() >= after);
        assert_eq!(report.max_output.is_some(), new.output_limit() != whole.output_limit());
        assert_eq!(report.dropped_turns > 0, report.dropped_messages > 0);
    }
}

/// The slow and plain way to what `DropOldest` keeps: cut at one boundary after the other until it fits.
fn cut_by_trial(whole: &ChatRequest, limit: u64) -> Option<Vec<usize>> {
    let messages = &whole.messages;
    let may_cut = |at: usize| {
        let torn = messages.iter().enumerate().skip(at).any(|(result, message)| {
            let Some(id) = &message.tool_call_id else { return false };
            let call = |m: &ft_core::Message| m.tool_calls.iter().any(|c| c.id == *id);
            messages[..result].iter().rposition(call).is_some_and(|call| call < at)
        });
        at == 0 || messages[at].role == Role::User && !torn
    };
    (0..messages.len().max(1)).filter(|&at| at == 0 || may_cut(at)).find_map(|cut| {
        let stays = |at: &usize| *at >= cut || messages[*at].role.is_instruction();
        let places: Vec<usize> = (0..messages.len()).filter(stays).collect();
        let tokens: u64 =
            places.iter().map(|&at| TextBytes.count_message(&messages[at]).tokens).sum();
        (tokens <= limit).then_some(places)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_fitted_fits_and_is_whole(
        request in conversations(), window in windows(), strategy in strategies(),
    ) {
        match fit(&request, &window, &TextBytes, &strategy) {
            Ok(fitted) => check(&request, &window, &fitted),
            Err(TooLong { needed, limit }) => prop_assert!(needed > limit),
        }
    }

    #[test]
    fn fitting_twice_changes_nothing_more(
        request in conversations(), window in windows(), strategy in strategies(),
    ) {
        if let Ok(fitted) = fit(&request, &window, &TextBytes, &strategy) {
            let again = fit(&fitted.request, &window, &TextBytes, &strategy).unwrap();
            prop_assert!(again.report.is_none() && matches!(again.request, Cow::Borrowed(_)));
        }
    }

    #[test]
    fn as_many_turns_stay_as_there_is_room_for(request in conversations(), window in windows()) {
        let fitted = fit(&request, &window, &TextBytes, &Keep::DropOldest);
        let by_trial = cut_by_trial(&request, window.limit());
        if let Some(by_trial) = by_trial {
            prop_assert_eq!(places(&fitted.unwrap().request), by_trial);
        }
    }

    #[test]
    fn refuse_drops_nothing(request in conversations(), window in windows()) {
        if let Ok(fitted) = fit(&request, &window, &TextBytes, &Keep::Refuse) {
            prop_assert_eq!(&fitted.request.messages, &request.messages);
        }
    }

    #[test]
    fn a_refit_is_strictly_smaller(
        request in conversations(), window in windows(), strategy in strategies(),
    ) {
        if let Ok(smaller) = refit(&request, &window, &TextBytes, &strategy) {
            check(&request, &window, &smaller);
            let (before, after) = (tokens(&request), tokens(&smaller.request));
            let shorter = smaller.request.output_limit() < request.output_limit();
            prop_assert!(after < before || after == before && shorter);
        }
    }

    #[test]
    fn estimates_stay_within_the_bytes_and_never_panic(text in "\\PC{0,200}", model in "[a-z]{0,3}") {
        for counter in [ft_context::counter_for(&model), ft_context::counter_for("claude")] {
            let count = counter.count_text(&text);
            prop_assert!(count.tokens <= count.at_most() && count.at_most() <= text.len() as u64);
            prop_assert_eq!(count.tokens == 0, text.is_empty());
        }
    }
}
