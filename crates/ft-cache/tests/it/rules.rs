//! What may be kept.

use ft_cache::{Key, NotCacheable, NotStored, Scope, cacheable, storable};
use ft_core::{ChatRequest, ChatResponse};
use serde_json::{Value, json};

fn request(fields: Value) -> ChatRequest {
    let mut all = json!({ "messages": [{ "role": "user", "content": "hi" }] });
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

fn choice(choice: Value) -> Result<(), NotStored> {
    storable(&serde_json::from_value::<ChatResponse>(json!({ "choices": [choice] })).unwrap())
}

#[test]
fn a_request_for_one_answer_is_cacheable_streamed_or_not() {
    for fields in
        [json!({}), json!({ "n": 1 }), json!({ "stream": true }), json!({ "store": false })]
    {
        assert_eq!(cacheable(&request(fields)), Ok(()));
    }
}

#[test]
fn several_answers_are_asked_for_because_they_differ() {
    assert_eq!(cacheable(&request(json!({ "n": 2 }))), Err(NotCacheable::SeveralAnswers));
}

#[test]
fn an_answer_that_the_provider_is_to_keep_must_be_asked_for() {
    assert_eq!(cacheable(&request(json!({ "store": true }))), Err(NotCacheable::ProviderStores));
}

#[test]
fn whole_answers_are_kept_in_any_vendor_s_words() {
    for reason in
        [json!("stop"), json!("STOP"), json!("eos"), json!("end_turn"), json!(""), Value::Null]
    {
        let said = json!({ "message": { "content": "yes" }, "finish_reason": reason });
        assert_eq!(choice(said), Ok(()), "{reason}");
    }
    let refusal = json!({ "message": { "content": null, "refusal": "I will not." } });
    assert_eq!(choice(refusal), Ok(()), "a refusal is an answer");
    let parts = json!({ "message": { "content": [{ "type": "text", "text": "yes" }] } });
    assert_eq!(choice(parts), Ok(()));
}

#[test]
fn answers_that_were_cut_are_not_kept() {
    let ended =
        |reason: &str| choice(json!({ "message": { "content": "ye" }, "finish_reason": reason }));
    assert_eq!(ended("length"), Err(NotStored::Truncated));
    assert_eq!(ended("content_filter"), Err(NotStored::Filtered));
    assert_eq!(ended("tool_calls"), Err(NotStored::ToolCalls));
    assert_eq!(ended("MAX_TOKENS"), Err(NotStored::UnknownEnd), "a vendor's word for truncation");
}

#[test]
fn tool_calls_are_not_kept_whatever_the_reason_says() {
    let call = json!({ "id": "1", "function": { "name": "f", "arguments": "{}" } });
    let newer =
        json!({ "message": { "content": "x", "tool_calls": [call] }, "finish_reason": "stop" });
    let older = json!({ "message": { "content": "x", "function_call": { "name": "f" } } });
    assert_eq!(choice(newer), Err(NotStored::ToolCalls));
    assert_eq!(choice(older), Err(NotStored::ToolCalls));
}

#[test]
fn empty_answers_are_not_kept() {
    assert_eq!(storable(&ChatResponse::default()), Err(NotStored::Empty));
    for content in [json!(null), json!(""), json!(" \n"), json!([])] {
        assert_eq!(choice(json!({ "message": { "content": content } })), Err(NotStored::Empty));
    }
}

#[test]
fn answers_of_several_choices_are_not_kept() {
    let one = json!({ "message": { "content": "x" }, "finish_reason": "stop" });
    let two = serde_json::from_value(json!({ "choices": [one, one] })).unwrap();
    assert_eq!(storable(&two), Err(NotStored::SeveralAnswers));
}

#[test]
fn an_error_in_the_clothes_of_an_answer_is_not_kept() {
    let mut response = ChatResponse::of_text("m", "x");
    response.extra.insert("error".to_owned(), Value::Null);
    assert_eq!(storable(&response), Ok(()));
    response.extra.insert("error".to_owned(), json!({ "message": "overloaded" }));
    assert_eq!(storable(&response), Err(NotStored::Error));
}

#[test]
fn numbers_of_many_digits_keep_no_request_out_and_are_told_apart() {
    let key = |number: &str| {
        let text = format!(r#"{{"messages":[{{"role":"user","content":"x"}}],"big":{number}}}"#);
        let request: ChatRequest = serde_json::from_str(&text).unwrap();
        assert_eq!(cacheable(&request), Ok(()));
        Key::of(&Scope { tenant: "", chain: "c" }, &request)
    };
    let numbers = [
        "12345678901234567890123",
        "12345678901234567890124",
        "1e400",
        "1e401",
        "0.10000000000000000555",
        "0.1",
    ];
    let keys: std::collections::BTreeSet<_> = numbers.iter().map(|number| key(number)).collect();
    assert_eq!(keys.len(), numbers.len());
}
