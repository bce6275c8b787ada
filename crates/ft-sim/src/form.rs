//! Answers in the form that a request asks for: tool calls, JSON, a length.

use ft_core::ChatRequest;
use ft_core::chat::FinishReason;
use serde_json::{Map, Value, json};

use crate::{Reply, Seen};

/// How deep a schema is followed: one that names itself has no end.
const DEPTH: u8 = 8;

/// Bytes of a token, as everywhere in the simulator.
const BYTES: usize = 4;

/// An answer with this text, in the form asked for.
pub(crate) fn answer(seen: &Seen<'_>, text: String) -> Reply {
    let Some(request) = seen.chat() else { return Reply::text(text) };
    if let Some((name, arguments)) = forced(request, &text) {
        return Reply::tool(name, arguments);
    }
    let text = structured(request, &text).unwrap_or(text);
    let most = seen.output_limit().and_then(|most| usize::try_from(most).ok());
    match most.map(|most| most.saturating_mul(BYTES)) {
        Some(most) if most < text.len() => {
            let cut = text.floor_char_boundary(most);
            Reply::text(&text[..cut]).finish(FinishReason::Length)
        }
        _ => Reply::text(text),
    }
}

/// The tool that must be called, with arguments that suit it. With `auto` a model may as well answer, and does.
fn forced(request: &ChatRequest, text: &str) -> Option<(String, String)> {
    let choice = request.tool_choice.as_ref()?;
    let named = choice.pointer("/function/name").and_then(Value::as_str);
    if named.is_none() && choice.as_str() != Some("required") {
        return None;
    }
    let mut tools = request.tools.iter().filter_map(|tool| tool.function.as_ref());
    let tool = tools.find(|tool| named.is_none_or(|name| tool.name == name))?;
    let arguments = match &tool.parameters {
        Some(schema) => sample(schema, schema, text, DEPTH),
        None => json!({}),
    };
    Some((tool.name.clone(), arguments.to_string()))
}

fn structured(request: &ChatRequest, text: &str) -> Option<String> {
    let format = request.response_format.as_ref()?;
    let value = match format.get("type")?.as_str()? {
        "json_object" => json!({"answer": text}),
        "json_schema" => {
            let schema = format.pointer("/json_schema/schema")?;
            sample(schema, schema, text, DEPTH)
        }
        _ => return None,
    };
    Some(value.to_string())
}

/// A value that a schema allows, as simple as it can be.
fn sample(schema: &Value, root: &Value, text: &str, depth: u8) -> Value {
    let Some(depth) = depth.checked_sub(1) else { return Value::Null };
    let of = |schema: &Value| sample(schema, root, text, depth);
    if let Some(listed) = schema.get("const").or_else(|| schema.pointer("/enum/0")) {
        return listed.clone();
    }
    if let Some(path) = schema.get("$ref").and_then(Value::as_str) {
        let meant = path.strip_prefix('#').and_then(|path| root.pointer(path));
        return meant.map_or(Value::Null, of);
    }
    let first = ["anyOf", "oneOf", "allOf"].iter().find_map(|of| schema.get(of)?.get(0));
    if let Some(first) = first {
        return of(first);
    }
    let number = |name: &str| schema.get(name).and_then(Value::as_u64);
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|k| *k != "null"),
        kind => kind.and_then(Value::as_str),
    };
    match kind {
        Some("string") => {
            let least = usize::try_from(number("minLength").unwrap_or(0)).unwrap_or(0);
            let most = number("maxLength").and_then(|most| usize::try_from(most).ok());
            let text: String = text.chars().take(most.unwrap_or(usize::MAX)).collect();
            json!(format!("{text:least$}"))
        }
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("boolean") => json!(true),
        Some("null") => Value::Null,
        Some("array") => {
            let item = schema.get("items").map_or(Value::Null, of);
            let count = usize::try_from(number("minItems").unwrap_or(1)).unwrap_or(1);
            Value::Array(vec![item; count.clamp(1, 100)])
        }
        _ => {
            let fields = schema.get("properties").and_then(Value::as_object);
            let fields = fields.into_iter().flatten();
            Value::Object(
                fields.map(|(name, field)| (name.clone(), of(field))).collect::<Map<_, _>>(),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use ft_core::chat::Tool;

    use super::*;
    use crate::Asked;
    use crate::reply::Body;

    fn said(request: &ChatRequest) -> (String, Vec<String>) {
        match answer(&Seen::new("m", Asked::Chat(request)), "Twelve words.".to_owned()).body {
            Body::Words { text, tool_calls, .. } => {
                let calls = tool_calls.into_iter();
                (text, calls.map(|call| call.function.name + &call.function.arguments).collect())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_tool_is_called_when_it_must_be_and_not_when_it_may() {
        let schema = json!({"type": "object", "properties": {"city": {"type": "string"},
            "unit": {"enum": ["C", "F"]}, "days": {"type": "integer", "minimum": 3}}});
        let mut request = ChatRequest::user("hi");
        request.tools =
            vec![Tool::function("look", "", json!({})), Tool::function("weather", "", schema)];
        request.tool_choice = Some(json!("auto"));
        assert_eq!(said(&request), ("Twelve words.".to_owned(), vec![]));
        request.tool_choice = Some(json!("required"));
        assert_eq!(said(&request).1, ["look{}"]);
        request.tool_choice = Some(json!({"type": "function", "function": {"name": "weather"}}));
        let call = r#"weather{"city":"Twelve words.","unit":"C","days":3}"#;
        assert_eq!(said(&request).1, [call]);
    }

    #[test]
    fn json_is_answered_where_it_is_demanded() {
        let mut request = ChatRequest::user("hi");
        request.response_format = Some(json!({"type": "json_object"}));
        assert_eq!(said(&request).0, r#"{"answer":"Twelve words."}"#);
        let node = json!({"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}});
        let schema = json!({"$defs": {"node": node}, "type": "object", "properties": {
            "list": {"type": "array", "items": {"type": ["null", "boolean"]}, "minItems": 2},
            "either": {"anyOf": [{"type": "number"}, {"type": "string"}]},
            "node": {"$ref": "#/$defs/node"}}});
        let format = json!({"type": "json_schema", "json_schema": {"name": "a", "schema": schema}});
        request.response_format = Some(format);
        let value: Value = serde_json::from_str(&said(&request).0).unwrap();
        assert_eq!((&value["list"], &value["either"]), (&json!([true, true]), &json!(1)));
        assert!(value["node"].is_object());
    }

    #[test]
    fn no_more_is_said_than_was_allowed() {
        let mut request = ChatRequest::user("hi");
        request.max_tokens = Some(2);
        assert_eq!(said(&request).0, "Twelve w");
    }
}
