//! What a vendor's error object has beside the members that everybody has, such as Azure's `innererror`.

use serde_json::{Map, Value};

/// Bytes of it that are kept, as JSON: a filter's findings take some hundreds.
const MOST: usize = 4_000;

/// Parts of the names of members that say who asks, not what is wrong.
const ABOUT_US: [&str; 8] =
    ["account", "organi", "org_id", "project", "tenant", "team", "user", "subscription"];

/// The further members of a body's error object; none where they are more than is kept.
pub(super) fn of(body: &Value) -> Map<String, Value> {
    let body = body.as_array().and_then(|list| list.first()).unwrap_or(body);
    let Some(error) = body.get("error").and_then(Value::as_object) else { return Map::new() };
    let common = |name: &str| matches!(name, "message" | "type" | "param" | "code");
    let kept = error.iter().filter(|(name, value)| !common(name) && !value.is_null());
    let kept: Map<_, _> = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    let fits = serde_json::to_string(&kept).is_ok_and(|text| text.len() <= MOST);
    if fits { kept } else { Map::new() }
}

/// The same with every text passed through `scrub`, and without those that name the account.
pub(super) fn scrubbed(
    details: Map<String, Value>,
    scrub: &impl Fn(&str) -> String,
) -> Map<String, Value> {
    let mut out = Map::new();
    for (name, value) in details {
        let lower = name.to_ascii_lowercase();
        if !ABOUT_US.iter().any(|part| lower.contains(part)) {
            out.insert(scrub(&name), scrubbed_value(value, scrub));
        }
    }
    out
}

fn scrubbed_value(value: Value, scrub: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(scrub(&text)),
        Value::Array(list) => list.into_iter().map(|it| scrubbed_value(it, scrub)).collect(),
        Value::Object(object) => Value::Object(scrubbed(object, scrub)),
        // A key may be nothing but digits.
        Value::Number(number) => {
            let text = number.to_string();
            if scrub(&text) == text { Value::Number(number) } else { Value::String("***".into()) }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_common_is_kept_without_names_of_the_account() {
        let body = json!({"error": {
            "message": "m", "type": null, "param": "prompt", "code": "content_filter", "status": 400,
            "innererror": {"code": "X", "note": ["KEY"], "user_id": "u", "KEY": true},
        }});
        let scrub = |text: &str| text.replace("KEY", "***");
        let kept =
            json!({"status": 400, "innererror": {"code": "X", "note": ["***"], "***": true}});
        assert_eq!(Value::Object(scrubbed(of(&body), &scrub)), kept);
        assert_eq!(of(&json!([body])), of(&body));
    }

    #[test]
    fn a_body_of_another_form_or_an_endless_one_has_none() {
        for body in [json!("text"), json!({"error": "text"}), json!({"detail": {"x": 1}})] {
            assert!(of(&body).is_empty(), "{body}");
        }
        assert!(of(&json!({"error": {"x": "y".repeat(MOST)}})).is_empty());
    }
}
