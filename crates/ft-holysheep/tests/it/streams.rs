//! The reader against the 34 streams of vendors in `tests/data/streams`, cut in every way.

use ft_core::ErrorKind;
use ft_core::chat::{Assembler, ChatResponse};
use ft_holysheep::{ChunkReader, Classifier, MalformedEvent, Verdict};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Expected {
    file: String,
    text: String,
    finish_reason: Option<String>,
    usage: Option<Value>,
    tool_calls: Vec<ExpectedCall>,
    outcome: String,
    bytes: usize,
    #[serde(default)]
    reasoning: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    choices: Vec<ExpectedChoice>,
    #[serde(default)]
    error: Option<Value>,
    #[serde(default)]
    chunks_b64: Vec<String>,
}

#[derive(Deserialize)]
struct ExpectedCall {
    id: String,
    name: String,
    arguments: String,
}

#[derive(Deserialize)]
struct ExpectedChoice {
    index: u32,
    text: String,
    finish_reason: String,
}

fn expected() -> Vec<(Expected, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/streams/");
    std::fs::read_to_string(format!("{folder}index.jsonl"))
        .unwrap()
        .lines()
        .map(|line| {
            let expected: Expected = serde_json::from_str(line).unwrap();
            let bytes = std::fs::read(format!("{folder}{}", expected.file)).unwrap();
            assert_eq!(bytes.len(), expected.bytes);
            (expected, bytes)
        })
        .collect()
}

/// What a reader makes of these pieces: the answer as far as it goes, and the error that ends it.
fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (ChatResponse, Option<Verdict>) {
    read_with(ChunkReader::new(Classifier::builtin()), pieces)
}

fn read_with<'a>(
    mut reader: ChunkReader,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (ChatResponse, Option<Verdict>) {
    let mut whole = Assembler::new();
    let mut error = None;
    let mut take = |reader: &mut ChunkReader| {
        while let Some(item) = reader.next_item() {
            assert!(error.is_none(), "something follows the error");
            match item {
                Ok(chunk) => whole.push(&chunk),
                Err(verdict) => error = Some(verdict),
            }
        }
    };
    for piece in pieces {
        reader.push(piece);
        take(&mut reader);
    }
    reader.end();
    take(&mut reader);
    assert!(reader.is_over());
    (whole.finish(), error)
}

fn check(expected: &Expected, how: &str, (answer, error): &(ChatResponse, Option<Verdict>)) {
    let name = format!("{} ({how})", expected.file);
    let first = answer.choices.iter().find(|choice| choice.index == 0);
    let message = first.map(|choice| choice.message.clone()).unwrap_or_default();
    assert_eq!(message.content.text(), expected.text, "{name}");
    let finish = first.and_then(|choice| choice.finish_reason.as_ref()).map(|it| it.as_str());
    assert_eq!(finish, expected.finish_reason.as_deref(), "{name}");
    assert_eq!(message.refusal, expected.refusal, "{name}");
    let reasoning = message.extra.get("reasoning").or(message.extra.get("reasoning_content"));
    assert_eq!(reasoning.and_then(Value::as_str), expected.reasoning.as_deref(), "{name}");

    assert_eq!(message.tool_calls.len(), expected.tool_calls.len(), "{name}");
    for (call, wanted) in message.tool_calls.iter().zip(&expected.tool_calls) {
        assert_eq!(call.id, wanted.id, "{name}");
        assert_eq!(call.function.name, wanted.name, "{name}");
        assert_eq!(call.function.arguments, wanted.arguments, "{name}");
    }
    for wanted in &expected.choices {
        let choice = answer.choices.iter().find(|it| it.index == wanted.index).unwrap();
        assert_eq!(choice.message.content.text(), wanted.text, "{name}");
        let finish = choice.finish_reason.as_ref().unwrap();
        assert_eq!(finish.as_str(), wanted.finish_reason, "{name}");
    }

    let usage = answer.usage.as_ref().map(|usage| serde_json::to_value(usage).unwrap());
    match (&usage, &expected.usage) {
        (None, None) => {}
        (Some(Value::Object(found)), Some(Value::Object(wanted))) => {
            for (field, value) in wanted {
                assert_eq!(found.get(field), Some(value), "{name}: {field}");
            }
        }
        other => panic!("{name}: usage {other:?}"),
    }

    match (expected.outcome.as_str(), error) {
        ("complete", None) => {}
        ("cut", Some(error)) => assert_eq!(error.kind, ErrorKind::Interrupted, "{name}"),
        ("error", Some(error)) => {
            let wanted = expected.error.as_ref().unwrap();
            let same = |field: &str, found: &Option<String>| match wanted.get(field) {
                None => true,
                Some(Value::String(text)) => found.as_ref() == Some(text),
                Some(other) => *found == Some(other.to_string()),
            };
            assert!(same("code", &error.code), "{name}: {error:?}");
            assert!(same("type", &error.vendor_type), "{name}: {error:?}");
            assert!(same("message", &error.message), "{name}: {error:?}");
        }
        (outcome, error) => panic!("{name}: {outcome} expected, {error:?} found"),
    }
}

#[test]
fn the_streams_of_vendors_are_read_the_same_however_they_are_cut() {
    let all = expected();
    assert_eq!(all.len(), 34);
    for (expected, bytes) in &all {
        check(expected, "whole", &read([bytes.as_slice()]));
        check(expected, "byte by byte", &read(bytes.chunks(1)));
        if !expected.chunks_b64.is_empty() {
            let pieces: Vec<_> = expected.chunks_b64.iter().map(|text| base64(text)).collect();
            assert_eq!(&pieces.concat(), bytes);
            check(expected, "as given", &read(pieces.iter().map(Vec::as_slice)));
        }
    }
}

/// The few bytes of a test do not earn a dependency.
fn base64(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = 0_u32;
    let mut held = 0;
    let mut out = Vec::new();
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let value = alphabet.iter().position(|it| *it == byte).unwrap();
        bits = bits << 6 | u32::try_from(value).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xff) as u8);
        }
    }
    out
}

#[test]
fn a_known_error_in_a_stream_has_its_kind() {
    let kind = |text: &str| read([text.as_bytes()]).1.unwrap().kind;
    for (text, wanted) in [
        (
            "data: {\"error\":{\"message\":\"x\",\"code\":\"rate_limit_exceeded\"}}\n\n",
            ErrorKind::RateLimited,
        ),
        (
            "event: error\ndata: {\"message\":\"Overloaded\",\"type\":\"overloaded_error\"}\n\n",
            ErrorKind::Overloaded,
        ),
        ("event: error\ndata: it broke\n\n", ErrorKind::ServerError),
        ("{\"error\":{\"message\":\"x\",\"code\":402}}\n", ErrorKind::QuotaExhausted),
        ("[{\"error\":{\"code\":503,\"message\":\"overloaded\"}}]", ErrorKind::Overloaded),
        ("<html><title>502</title></html>", ErrorKind::Garbled),
        (
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"error\":{\"code\":502,\"message\":\"x\"}}]}\n\n",
            ErrorKind::ServerError,
        ),
        (
            "data: {\"base_resp\":{\"status_code\":1008,\"status_msg\":\"insufficient balance\"}}\n\n",
            ErrorKind::QuotaExhausted,
        ),
        ("data: not json\n\n", ErrorKind::Garbled),
        ("data: [1,2]\n\n", ErrorKind::Garbled),
        ("data: [DONE]\n\n", ErrorKind::Garbled),
        (
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\ndata: [DONE]\n\n",
            ErrorKind::Garbled,
        ),
        ("", ErrorKind::Interrupted),
        (": keep-alive\n\n", ErrorKind::Interrupted),
        ("{\"error\":{\"mess", ErrorKind::Interrupted),
    ] {
        assert_eq!(kind(text), wanted, "{text}");
    }
}

#[test]
fn with_two_choices_the_first_end_is_not_the_end() {
    let both = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}},{\"index\":1,\"delta\":{\"content\":\"b\"}}]}\n\n";
    let end = |index: u32| {
        format!(
            "data: {{\"choices\":[{{\"index\":{index},\"delta\":{{}},\"finish_reason\":\"stop\"}}]}}\n\n"
        )
    };
    let one = format!("{both}{}", end(1));
    assert_eq!(read([one.as_bytes()]).1.unwrap().kind, ErrorKind::Interrupted);
    let two = format!("{one}{}", end(0));
    assert!(read([two.as_bytes()]).1.is_none());
}

#[test]
fn a_whole_answer_instead_of_a_stream_is_taken_as_one() {
    let body = r#"{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#;
    for text in [body.to_owned(), format!("data: {body}\n\ndata: [DONE]\n\n")] {
        let (answer, error) = read(text.as_bytes().chunks(7));
        assert!(error.is_none(), "{error:?}");
        assert_eq!(answer.text(), "Hi");
        assert_eq!(answer.usage.unwrap().total_tokens, 2);
    }
}

#[test]
fn done_without_its_blank_line_is_the_end() {
    let chunk = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]";
    for end in ["", "\n", "\n\n"] {
        let (answer, error) = read([format!("{chunk}{end}").as_bytes()]);
        assert_eq!((answer.text().as_ref(), error), ("a", None));
    }
}

#[test]
fn a_malformed_event_is_skipped_only_when_told_so() {
    let text = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\ndata: ?\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\n\n";
    let (answer, error) = read([text.as_bytes()]);
    assert_eq!((answer.text().as_ref(), error.unwrap().kind), ("a", ErrorKind::Garbled));
    let reader = ChunkReader::new(Classifier::builtin()).with_malformed_event(MalformedEvent::Skip);
    let (answer, error) = read_with(reader, [text.as_bytes()]);
    assert_eq!((answer.text().as_ref(), error.is_none()), ("ab", true));
}

#[test]
fn events_of_other_names_are_not_chunks() {
    let text = "event: ping\ndata: {\"type\":\"ping\"}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n";
    let mut reader = ChunkReader::new(Classifier::builtin());
    reader.push(text.as_bytes());
    assert_eq!(reader.next_item().unwrap().unwrap().text(), "a");
    assert!(reader.next_item().is_none());
}

#[test]
fn a_reader_shows_nothing_of_what_it_reads() {
    let mut reader = ChunkReader::new(Classifier::builtin());
    for piece in
        ["data: {\"choices\":[{\"delta\":{\"content\":\"PIN 1234\"}}]}\n\ndata: PIN 1234", "\n\n"]
    {
        reader.push(piece.as_bytes());
        let shown = format!("{reader:?}");
        assert!(!shown.contains("1234") && !shown.contains("49, 50, 51"), "{shown}");
    }
}

#[test]
fn a_line_of_a_hundred_megabytes_meets_the_cap() {
    let mut reader = ChunkReader::new(Classifier::builtin());
    reader.push(b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"");
    let piece = vec![b'x'; 64 << 10];
    let mut pushed = 0;
    while !reader.is_over() {
        reader.push(&piece);
        pushed += piece.len();
        assert!(pushed <= 100 << 20);
    }
    assert!(pushed <= (64 << 20) + piece.len(), "{pushed} bytes were held");
    assert_eq!(reader.next_item().unwrap().unwrap_err().kind, ErrorKind::Garbled);
    assert!(reader.next_item().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_cutting_of_any_stream_gives_the_same(seeds in prop::collection::vec(1_usize..200, 1..40)) {
        for (expected, bytes) in &expected() {
            let mut pieces = Vec::new();
            let mut rest = bytes.as_slice();
            for length in seeds.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, after) = rest.split_at((*length).min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            check(expected, "at random", &read(pieces));
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..20)) {
        read(pieces.iter().map(Vec::as_slice));
    }

    #[test]
    fn no_text_like_a_stream_makes_the_reader_panic(lines in prop::collection::vec("(data|event|error|id|:)?:? ?(\\{\"(error|choices|object|usage)\":(\\[\\{\\}\\]|\\{\\}|null|\"[a-z]{0,5}\"|[0-9]{1,30})\\}|\\[DONE\\]|[ -~]{0,20})(\n|\r\n|\r|\n\n)", 0..20)) {
        let text = lines.concat();
        let whole = read([text.as_bytes()]);
        let pieces = read(text.as_bytes().chunks(3));
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn no_body_makes_the_classifier_panic(body in prop::collection::vec(any::<u8>(), 0..400), status in 100_u16..=999) {
        let headers = http::HeaderMap::new();
        let classifier = Classifier::builtin();
        let wall = ft_core::UnixMillis(0);
        let _ = classifier.classify(status, &headers, &body, wall);
        let _ = classifier.classify_success(status, &headers, &body, wall);
    }
}

#[test]
fn a_chunk_keeps_the_text_it_came_as_unless_it_was_changed_in_reading() {
    let sent = r#"{"id":"a", "novel":[1,{"b":2.50}],"choices":[{"index":0,"delta":{"content":"\u0048i"}}],"usage":null}"#;
    let groq = r#"{"choices":[{"index":0,"delta":{}}],"x_groq":{"usage":{"prompt_tokens":1}}}"#;
    let perplexity =
        r#"{"choices":[{"index":0,"delta":{"content":"x"},"message":{"content":"x"}}]}"#;
    let lines = "{\"choices\":\ndata: []}";
    let mut reader = ChunkReader::new(Classifier::builtin());
    for event in [sent, groq, perplexity, lines] {
        reader.push(format!("data: {event}\n\n").as_bytes());
    }
    let mut raw = || reader.next_piece().unwrap().unwrap().raw().cloned();
    assert_eq!(raw().as_deref(), Some(sent.as_bytes()));
    assert_eq!(raw(), None, "usage was put in its place");
    assert_eq!(raw(), None, "the repeated message was left out");
    assert_eq!(raw(), None, "it came in two lines");
}
