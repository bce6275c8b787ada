//! An end is decided once: every way to say that an answer failed, through the reader, wherever it stands.

use ft_core::ErrorKind;
use ft_holysheep::{ChunkReader, Classifier};
use http::HeaderMap;

use crate::faults::{self, Fault, HALF, MORE, PLACES, Place};

/// The text that came before the end, whether the answer seemed to end, and how it did.
fn read(reader: ChunkReader, bytes: &[u8], piece: usize) -> (String, bool, Option<ErrorKind>) {
    let mut reader = reader;
    let (mut text, mut finished, mut end) = (String::new(), false, None);
    let mut take = |reader: &mut ChunkReader| {
        while let Some(item) = reader.next_item() {
            assert!(end.is_none(), "something follows the error");
            match item {
                Ok(chunk) => {
                    text += chunk.text();
                    finished |= chunk.has_finish();
                }
                Err(verdict) => end = Some(verdict.kind),
            }
        }
    };
    for bytes in bytes.chunks(piece) {
        reader.push(bytes);
        take(&mut reader);
    }
    reader.end();
    take(&mut reader);
    (text, finished, end)
}

fn builtin() -> ChunkReader {
    ChunkReader::new(Classifier::builtin())
}

fn check(fault: &Fault, place: Place, done: bool) {
    let what = format!("{}, {place:?}, done: {done}", fault.name);
    let stream = fault.stream(place, done);
    for piece in [1, 7, stream.len()] {
        let (text, finished, end) = read(builtin(), stream.as_bytes(), piece);
        let wanted = match place {
            Place::First => String::new(),
            Place::BesideContent => format!("{HALF}{MORE}"),
            _ => HALF.to_owned(),
        };
        assert_eq!(end.map(ErrorKind::as_str), Some(fault.kind), "{what}");
        // Text of a failed event is the answer's all the same; an end of it is not.
        let lost = place == Place::BesideContent && text == HALF;
        assert!(text == wanted || lost, "{what}: {text:?}");
        let said = matches!(place, Place::AfterFinish | Place::AfterUsage);
        assert_eq!(finished, said, "{what}: an end was passed on");
    }
}

#[test]
fn a_fault_anywhere_in_a_stream_is_that_fault() {
    for fault in faults::all() {
        for place in PLACES.into_iter().filter(|&place| fault.fits(place)) {
            for done in [true, false] {
                check(&fault, place, done);
            }
        }
    }
}

#[test]
fn a_fault_in_a_plain_answer_is_that_fault() {
    let (classifier, headers) = (Classifier::builtin(), HeaderMap::new());
    for fault in faults::all().iter().filter(|fault| fault.is_plain()) {
        let wall = ft_core::UnixMillis(0);
        let body = fault.body();
        let verdict = classifier.classify_success(200, &headers, body.as_bytes(), wall);
        assert_eq!(verdict.map(|it| it.kind.as_str()), Some(fault.kind), "{}", fault.name);
        // A whole body in the place of a stream.
        let (text, _, end) = read(builtin(), body.as_bytes(), body.len());
        assert_eq!(end.map(ErrorKind::as_str), Some(fault.kind), "{}", fault.name);
        assert_eq!(text, "", "{}", fault.name);
    }
}

#[test]
fn the_ends_that_are_answers_stay_answers() {
    for word in [
        "stop",
        "length",
        "tool_calls",
        "content_filter",
        "function_call",
        "eos",
        "eos_token",
        "end_turn",
        "max_tokens",
        "STOP",
        "sensitive",
        "model_context_window_exceeded",
        "SAFETY",
        "RECITATION",
        "repetition",
    ] {
        let stream = format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"a\"}},\"finish_reason\":\"{word}\"}}]}}\n\n"
        );
        let wanted = ("a".to_owned(), true, None);
        assert_eq!(read(builtin(), stream.as_bytes(), 9), wanted, "{word}");
    }
}

#[test]
fn what_some_put_beside_a_good_answer_is_no_fault() {
    let answer = |beside: &str| {
        format!(
            "{{\"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":\"a\"}},\
             \"finish_reason\":\"stop\"}}]{beside}}}"
        )
    };
    let (classifier, headers) = (Classifier::builtin(), HeaderMap::new());
    for beside in [
        "",
        r#","error":null"#,
        r#","error":{}"#,
        r#","error":"""#,
        r#","error":{"code":0,"message":""}"#,
        r#","base_resp":{"status_code":0,"status_msg":""}"#,
        r#","base_resp":{"status_code":"0"}"#,
        r#","success":true,"code":200,"status":"success","error_msg":"ok""#,
        r#","code":0,"status":200"#,
        r#","code":"200","status":"completed","type":"message""#,
        r#","detail":null,"errors":[]"#,
        r#","promptFeedback":{"safetyRatings":[]}"#,
        r#","prompt_filter_results":[{"content_filter_results":{"hate":{"filtered":false}}}]"#,
    ] {
        let wall = ft_core::UnixMillis(0);
        let body = answer(beside);
        let verdict = classifier.classify_success(200, &headers, body.as_bytes(), wall);
        assert_eq!(verdict, None, "{beside}");
    }
}

#[test]
fn an_error_without_a_word_is_one_where_nothing_else_is_said() {
    let stream = "data: {\"error\":{}}\n\ndata: [DONE]\n\n";
    let (said, whole, end) = read(builtin(), stream.as_bytes(), 9);
    assert!(said.is_empty() && !whole && end.is_some(), "{end:?}");
    let (classifier, headers) = (Classifier::builtin(), HeaderMap::new());
    let verdict =
        classifier.classify_success(200, &headers, b"{\"error\":{}}", ft_core::UnixMillis(0));
    assert!(verdict.is_some());
}

/// One of two answers is no answer, and the connection says nothing of the other.
#[test]
fn fewer_choices_than_were_asked_for_are_a_cut() {
    let one = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n";
    let (_, _, end) = read(builtin().with_choices(2), one.as_bytes(), 10);
    assert_eq!(end, Some(ErrorKind::Interrupted));
    let (_, _, end) = read(builtin().with_choices(1), one.as_bytes(), 10);
    assert_eq!(end, None);
}

#[test]
fn more_of_an_answer_that_is_cut_after_its_end_is_a_cut() {
    let one = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n";
    for (rest, end) in [
        ("", None),
        ("data: [DO", None),
        ("data: {\"choices\":[],\"usage\":{\"prompt_", None),
        (": comm", None),
        ("data: {\"choices\":[{\"delta\":{\"content\":\"or", Some(ErrorKind::Interrupted)),
        ("data: {\"id\":\"x\",\"ch", Some(ErrorKind::Interrupted)),
    ] {
        let stream = format!("{one}{rest}");
        assert_eq!(read(builtin(), stream.as_bytes(), 11).2, end, "{rest}");
    }
}

#[test]
fn an_own_rule_makes_a_word_an_end_in_failure() {
    let rule = ft_holysheep::Rule::to(ErrorKind::ContentFiltered).with_end("content_filter");
    let classifier = Classifier::builtin().with_rules([rule]).unwrap();
    let stream =
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"content_filter\"}]}\n\n";
    let (_, finished, end) = read(ChunkReader::new(classifier), stream.as_bytes(), 10);
    assert_eq!((finished, end), (false, Some(ErrorKind::ContentFiltered)));
}
