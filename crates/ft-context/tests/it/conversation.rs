//! Conversations written as one line.
//!
//! `s` system, `d` developer, `u` user, `a` assistant, `t` an assistant's tool call, `r` its result: each `r`
//! answers the last `t` before it. Every message is ten tokens, or as many as a number behind the letter says.
//! What was fitted is written in the same words, with a dot for each message left out.

use ft_context::{Counter, FitReport, Overhead, Strategy, TokenCount, TooLong, Window, fit};
use ft_core::chat::{Content, Role, ToolCall};
use ft_core::{ChatRequest, Message};

/// A token for each byte of a message's text, and nothing besides.
#[derive(Debug)]
pub(crate) struct TextBytes;

const NOTHING: Overhead = Overhead {
    per_request: 0,
    per_message: 0,
    per_tool_call: 0,
    per_tool: 0,
    for_tools: 0,
    per_image: 0,
};

impl Counter for TextBytes {
    fn count_text(&self, text: &str) -> TokenCount {
        TokenCount::exact(text.len() as u64)
    }

    fn overhead(&self) -> &Overhead {
        &NOTHING
    }

    fn count_message(&self, message: &Message) -> TokenCount {
        self.count_text(&message.content.text())
    }
}

/// The request that a script describes. A message's text begins with its place, so that it can be told apart.
pub(crate) fn request(script: &str) -> ChatRequest {
    let mut calls = 0;
    let messages = script.split_whitespace().enumerate().map(|(at, word)| {
        let size = word[1..].parse().unwrap_or(10);
        let text = format!("{at:0>3}").chars().chain(std::iter::repeat('.')).take(size).collect();
        let content = Content::Text(text);
        let message = |role| Message { role, content: content.clone(), ..Message::default() };
        match &word[..1] {
            "s" => message(Role::System),
            "d" => message(Role::Developer),
            "u" => message(Role::User),
            "a" => message(Role::Assistant),
            "t" => {
                calls += 1;
                let call = ToolCall { id: calls.to_string(), ..ToolCall::default() };
                Message { tool_calls: vec![call], ..message(Role::Assistant) }
            }
            "r" => Message { tool_call_id: Some(calls.to_string()), ..message(Role::Tool) },
            other => panic!("no such message: {other}"),
        }
    });
    ChatRequest::new(messages.collect::<Vec<_>>())
}

/// Which messages of the whole are still there, in order.
pub(crate) fn places(fitted: &ChatRequest) -> Vec<usize> {
    let place = |message: &Message| message.content.text()[..3].parse().unwrap();
    fitted.messages.iter().map(place).collect()
}

/// The script with a dot for each message that was left out.
pub(crate) fn kept(script: &str, fitted: &ChatRequest) -> String {
    let places = places(fitted);
    assert!(places.is_sorted(), "the order was changed: {places:?}");
    let words = script.split_whitespace().enumerate();
    let word = |(at, word)| if places.contains(&at) { word } else { "." };
    words.map(word).collect::<Vec<_>>().join(" ")
}

/// A window of this many tokens, none of them reserved.
pub(crate) fn window(context: u64) -> Window {
    Window::new(context).with_reserve(0)
}

/// Fits a script into so many tokens and says what is left.
pub(crate) fn fitted(script: &str, tokens: u64, strategy: Strategy) -> Result<String, TooLong> {
    let request = request(script);
    let fitted = fit(&request, &window(tokens), &TextBytes, &strategy)?;
    Ok(kept(script, &fitted.request))
}

/// The report of fitting a script.
pub(crate) fn report(script: &str, tokens: u64) -> Option<FitReport> {
    let request = request(script);
    fit(&request, &window(tokens), &TextBytes, &Strategy::DropOldest).unwrap().report
}
