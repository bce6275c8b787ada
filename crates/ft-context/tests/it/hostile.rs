//! Requests that are made to be slow: work is counted, not timed.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use ft_context::{Counter, Estimator, Strategy, TokenCount, Window, fit, refit, upper_bound};
use ft_core::chat::Tool;
use ft_core::{ChatRequest, Message};
use serde_json::{Value, json};

/// Counts what it is asked to count.
#[derive(Debug, Default)]
struct Watched {
    texts: AtomicU64,
    bytes: AtomicU64,
}

impl Counter for Watched {
    fn count_text(&self, text: &str) -> TokenCount {
        self.texts.fetch_add(1, Relaxed);
        self.bytes.fetch_add(text.len() as u64, Relaxed);
        TokenCount::exact(text.len() as u64 / 4)
    }
}

fn long_conversation(messages: usize) -> ChatRequest {
    let message = |at: usize| {
        if at.is_multiple_of(2) {
            Message::user("what now?")
        } else {
            Message::assistant("this and that")
        }
    };
    ChatRequest::new((0..messages).map(message).collect::<Vec<_>>())
}

#[test]
fn a_request_that_plainly_fits_is_not_counted() {
    let watched = Watched::default();
    let request = long_conversation(100);
    assert!(fit(&request, &Window::new(128_000), &watched, &Strategy::default()).is_ok());
    assert_eq!(watched.texts.into_inner(), 0);
}

#[test]
fn each_of_a_hundred_thousand_messages_is_counted_once() {
    let request = long_conversation(100_001);
    let bytes = request.messages.iter().map(|each| each.content.text().len() as u64).sum::<u64>();
    for strategy in [Strategy::DropOldest, Strategy::DropMiddle] {
        let watched = Watched::default();
        let fitted = fit(&request, &Window::new(8_000), &watched, &strategy).unwrap();
        assert!(fitted.report.unwrap().dropped_turns > 40_000);
        assert_eq!(watched.texts.into_inner(), 100_001);
        assert_eq!(watched.bytes.into_inner(), bytes);
        let watched = Watched::default();
        assert!(refit(&request, &Window::new(8_000), &watched, &strategy).is_ok());
        assert_eq!(watched.texts.into_inner(), 100_001);
    }
}

#[test]
fn a_hundred_thousand_users_or_calls_in_a_row_end() {
    let users = ChatRequest::new(vec![Message::user("hi"); 100_000]);
    let window = Window::new(2_000);
    assert!(fit(&users, &window, &Watched::default(), &Strategy::DropOldest).is_ok());
    // Every result answers the very first call, so that all turns are one.
    let mut call = Message::assistant("");
    call.tool_calls.push(ft_core::chat::ToolCall { id: "1".to_owned(), ..Default::default() });
    let answered = (0..100_000_u32).map(|at| {
        if at.is_multiple_of(2) { Message::user("hi") } else { Message::tool("1", "done") }
    });
    let joined = ChatRequest::new([call].into_iter().chain(answered).collect::<Vec<_>>());
    assert!(fit(&joined, &window, &Watched::default(), &Strategy::DropOldest).is_err());
}

#[test]
fn ten_megabytes_of_one_letter_are_counted_in_one_pass_and_refused() {
    for letter in ["x", " ", "\n", "1", "(", "é", "漢", "A"] {
        let request = ChatRequest::user(letter.repeat(10_000_000 / letter.len()));
        let window = Window::new(100_000);
        let error = fit(&request, &window, &Estimator::O200K, &Strategy::default()).unwrap_err();
        assert!(error.needed > error.limit, "{letter:?}");
    }
}

#[cfg(feature = "exact")]
#[test]
fn a_megabyte_of_one_letter_is_counted_exactly() {
    for (letter, tokens) in [("x", 62_500..260_000), (" ", 1_000..260_000)] {
        let count = ft_context::Exact::O200K.count_text(&letter.repeat(1_000_000)).tokens;
        assert!(tokens.contains(&count), "{letter:?}: {count}");
    }
}

#[test]
fn a_schema_nested_deeper_than_the_stack_is_counted() {
    let mut schema = json!({"type": "string"});
    for _ in 0..100_000 {
        // Not `json!`, which copies what it is given, recursively.
        schema = Value::Object([("items".to_owned(), schema)].into_iter().collect());
    }
    let mut request = ChatRequest::user("x").with_tool(Tool::function("f", "", schema));
    let count = Estimator::O200K.count_request(&request);
    let bound = upper_bound(&request, Estimator::O200K.overhead());
    assert!(count.tokens > 100_000 && count.at_most() <= bound);
    // serde_json drops a value recursively, so the test takes it apart.
    let function = request.tools[0].function.as_mut().unwrap();
    let mut schema = function.parameters.take();
    while let Some(Value::Object(mut fields)) = schema {
        schema = fields.remove("items");
    }
}
