//! Counts against OpenAI's own encodings, as `tiktoken-rs` has them.

use std::collections::BTreeMap;

use ft_context::{Counter, Estimator, Overhead, TokenCount, counter_for, upper_bound};
use ft_core::chat::{Content, Role};
use ft_core::chat::{FunctionCall, Part, Tool, ToolCall};
use ft_core::{ChatRequest, Message};
use serde_json::{Value, json};
use tiktoken_rs::{CoreBPE, cl100k_base_singleton, o200k_base_singleton};

use crate::samples::{Kind, MISSED, SAMPLES};

fn exact(encoding: &CoreBPE, text: &str) -> u64 {
    encoding.encode_ordinary(text).len() as u64
}

/// The estimate over the exact count of every sample, in hundredths.
fn ratios(estimator: Estimator, encoding: &CoreBPE) -> Vec<(&'static str, Kind, u64)> {
    let ratio = |text| estimator.count_text(text).tokens * 100 / exact(encoding, text);
    SAMPLES.iter().map(|sample| (sample.name, sample.kind, ratio(sample.text))).collect()
}

fn check_estimates(estimator: Estimator, encoding: &CoreBPE) {
    let most = BTreeMap::from([
        (Kind::English, 135),
        (Kind::Code, 160),
        (Kind::Data, 150),
        (Kind::Language, 185),
        (Kind::Noise, 550),
    ]);
    for (name, kind, ratio) in ratios(estimator, encoding) {
        assert!(ratio >= 100, "{name}: the estimate is {ratio} % of the exact count");
        assert!(ratio <= most[&kind], "{name} ({kind:?}): the estimate is {ratio} %");
    }
}

#[test]
fn estimates_for_o200k_err_high_but_not_far() {
    check_estimates(Estimator::O200K, o200k_base_singleton());
}

#[test]
fn estimates_for_cl100k_err_high_but_not_far() {
    check_estimates(Estimator::CL100K, cl100k_base_singleton());
}

#[test]
fn other_families_are_never_estimated_below_the_encoding_they_are_derived_from() {
    let others = [Estimator::CLAUDE, Estimator::GEMINI, Estimator::DEEPSEEK, Estimator::OTHER];
    for sample in SAMPLES {
        let base = exact(cl100k_base_singleton(), sample.text);
        for other in others {
            assert!(other.count_text(sample.text).tokens >= base, "{}: {other:?}", sample.name);
        }
    }
}

#[test]
fn what_an_estimate_misses_is_within_its_bound() {
    for text in MISSED {
        let count = Estimator::O200K.count_text(text);
        let real = exact(o200k_base_singleton(), text);
        assert!(count.tokens < real, "no longer missed: move it to the samples");
        assert!(!count.is_exact() && count.at_most() >= real);
    }
}

#[test]
fn no_estimate_exceeds_the_bytes() {
    for text in ["", "a", "1", "\n", "é", "🎉", "1 2 3 4 5 6"] {
        let count = Estimator::CLAUDE.count_text(text);
        assert!(count.tokens <= text.len() as u64, "{text:?}: {count:?}");
        assert_eq!(count.at_most(), text.len() as u64);
    }
}

/// A space alone too: only one with a word behind it is part of that word's token.
#[test]
fn one_character_of_ascii_is_one_token() {
    for byte in 0..0x80_u8 {
        let text = char::from(byte).to_string();
        assert_eq!(exact(o200k_base_singleton(), &text), 1, "{text:?}");
        assert_eq!(Estimator::O200K.count_text(&text).tokens, 1, "{text:?}");
    }
}

#[test]
fn a_margin_below_one_is_taken_as_one() {
    assert_eq!(Estimator::O200K.with_margin_percent(50), Estimator::O200K);
    assert_eq!(Estimator::CLAUDE.with_margin_percent(120).margin_percent(), 120);
}

fn counter_name(model: &str) -> String {
    format!("{:?}", counter_for(model))
}

#[test]
fn models_find_their_counter_by_name() {
    let same = |model: &str, as_model: &str| {
        assert_eq!(counter_name(model), counter_name(as_model), "{model}");
    };
    for model in
        ["gpt-4o-2024-08-06", "openai/gpt-5-mini", "o3", "ft:gpt-4o:acme", "chatgpt-4o-latest"]
    {
        same(model, "gpt-4.1");
    }
    same("gpt-3.5-turbo", "gpt-4-turbo");
    same("anthropic/claude-sonnet-4.5", "claude-3-haiku");
    same("deepseek-ai/DeepSeek-V3", "deepseek-chat");
    same("no-such-model", "");
    for (one, other) in [("gpt-4", "gpt-4.1"), ("gpt-4o-mini", "gpt-4o"), ("claude-3", "gpt-4")] {
        assert_ne!(counter_name(one), counter_name(other));
    }
}

/// A counter of bytes, so that what is counted can be read off.
#[derive(Debug)]
struct Bytes;

const NOTHING: Overhead = Overhead {
    per_request: 0,
    per_message: 0,
    per_tool_call: 0,
    per_tool: 0,
    for_tools: 0,
    per_image: 1_000_000,
};

impl Counter for Bytes {
    fn count_text(&self, text: &str) -> TokenCount {
        TokenCount::exact(text.len() as u64)
    }

    fn overhead(&self) -> &Overhead {
        &NOTHING
    }
}

fn with_parts(parts: impl Into<Vec<Part>>) -> ChatRequest {
    ChatRequest::new([Message { content: Content::Parts(parts.into()), ..Message::user("") }])
}

fn part(value: Value) -> Part {
    serde_json::from_value(value).unwrap()
}

#[test]
fn images_audio_and_files_are_not_counted_as_text() {
    let megabyte = "A".repeat(1 << 20);
    let image = with_parts([Part::image_url(format!("data:image/png;base64,{megabyte}"))]);
    assert_eq!(Bytes.count_request(&image).tokens, 1_000_000);
    let audio = part(json!({"type": "input_audio", "input_audio": {"data": megabyte}}));
    assert_eq!(Bytes.count_request(&with_parts([audio])).tokens, 1 + (1 << 15));
    let file = part(json!({"type": "file", "file": {"file_id": "file-1"}}));
    assert_eq!(Bytes.count_request(&with_parts([file])).tokens, 16_384);
    let file = part(json!({"type": "file", "file": {"file_data": megabyte}}));
    assert_eq!(Bytes.count_request(&with_parts([file])).tokens, 1 + (3 << 18));
}

#[test]
fn everything_that_the_model_reads_is_counted() {
    let plain = ChatRequest::user("hello");
    let more = |change: &dyn Fn(&mut ChatRequest)| {
        let mut request = plain.clone();
        change(&mut request);
        Bytes.count_request(&request).tokens - Bytes.count_request(&plain).tokens
    };
    let schema = json!({"type": "object", "description": "x".repeat(50)});
    assert!(more(&|r| r.tools.push(Tool::function("f", "what it does", schema.clone()))) > 62);
    assert!(
        more(&|r| r.response_format = Some(json!({"type": "json_schema", "json_schema": schema})))
            > 50
    );
    assert!(more(&|r| drop(r.extra.insert("functions".to_owned(), json!([schema])))) > 50);
    assert_eq!(more(&|r| r.messages[0].name = Some("Ada".to_owned())), 4);
    assert_eq!(more(&|r| r.messages[0].refusal = Some("no".to_owned())), 2);
    assert_eq!(more(&|r| r.messages[0].role = Role::Other("critic".to_owned())), 6);
    assert!(
        more(&|r| drop(r.messages[0].extra.insert("reasoning_content".to_owned(), json!("hm"))))
            > 2
    );
    assert_eq!(more(&|r| r.metadata = Some(schema.clone())), 0);
    let call = ToolCall {
        id: "c1".to_owned(),
        function: FunctionCall {
            name: "find".to_owned(),
            arguments: "{\"q\":1}".to_owned(),
            ..FunctionCall::default()
        },
        ..ToolCall::default()
    };
    assert_eq!(more(&|r| r.messages[0].tool_calls.push(call.clone())), 13);
}

#[test]
fn the_bound_is_never_below_the_count() {
    let mut request = ChatRequest::new(
        SAMPLES.iter().map(|sample| Message::user(sample.text)).collect::<Vec<_>>(),
    );
    request.tools.push(Tool::function(
        "f",
        "says \"hello\"\n",
        json!({"a\n\u{1}": ["\"", 1.5e300, -1, null, true, {}], "ü": {"x": []}}),
    ));
    request.messages[0].extra.insert("reasoning".to_owned(), json!({"deep": ["\t"]}));
    for model in ["gpt-4.1", "gpt-4", "claude-sonnet-4.5", "deepseek-chat", "?"] {
        let counter = counter_for(model);
        let count = counter.count_request(&request);
        let bound = upper_bound(&request, counter.overhead());
        assert!(count.tokens <= count.at_most() && count.at_most() <= bound, "{model}");
    }
}

#[cfg(feature = "exact")]
mod with_exact {
    use ft_context::Exact;

    use super::*;

    #[test]
    fn counts_are_those_of_the_reference() {
        for text in SAMPLES.iter().map(|sample| sample.text).chain(MISSED.iter().copied()) {
            let count = |counter: Exact| counter.count_text(text);
            assert_eq!(count(Exact::O200K), TokenCount::exact(exact(o200k_base_singleton(), text)));
            assert_eq!(
                count(Exact::CL100K),
                TokenCount::exact(exact(cl100k_base_singleton(), text))
            );
        }
    }

    /// The example of OpenAI's API reference, "Create chat completion", whose usage says 19 prompt tokens.
    #[test]
    fn a_request_of_text_is_exact_with_its_template() {
        let request = ChatRequest::user("Hello!").with_system("You are a helpful assistant.");
        assert_eq!(counter_for("gpt-4.1").count_request(&request), TokenCount::exact(19));
    }

    #[test]
    fn tools_and_images_make_a_count_an_estimate() {
        let counter = counter_for("gpt-4.1");
        let tools = ChatRequest::user("x").with_tool(Tool::function("f", "", json!({})));
        assert!(!counter.count_request(&tools).is_exact());
        let image = with_parts([Part::image_url("https://example.org/a.png")]);
        assert!(!counter.count_request(&image).is_exact());
    }

    #[test]
    fn special_tokens_in_a_text_are_only_text() {
        let text = "<|endoftext|><|im_start|>system";
        assert!(Exact::O200K.count_text(text).tokens > 8);
    }
}
