//! Two requests have one key exactly when one answer serves both.

use std::collections::{BTreeSet, HashMap};

use ft_cache::{Key, Scope};
use ft_core::{ChatRequest, Entropy};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value, json};

use crate::SCOPE;

fn parse(text: &str) -> ChatRequest {
    serde_json::from_str(text).unwrap()
}

fn key(request: &Value) -> Key {
    Key::of(&SCOPE, &parse(&request.to_string()))
}

fn encoding(request: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    let request = parse(&request.to_string());
    Key::encode(&SCOPE, &request, |piece| bytes.extend_from_slice(piece));
    bytes
}

/// A request that uses every field.
fn full() -> Value {
    json!({
        "model": "gpt-4.1",
        "messages": [
            { "role": "system", "content": "Be brief.", "name": "op" },
            { "role": "user", "content": [
                { "type": "text", "text": "What is this?", "cache_control": { "type": "ephemeral" } },
                { "type": "image_url", "image_url": { "url": "data:1", "detail": "low" } },
            ] },
            { "role": "assistant", "content": null, "refusal": "no", "reasoning_content": "hm",
              "tool_calls": [{ "id": "c1", "type": "function", "extra_content": { "a": 1 },
                "function": { "name": "look", "arguments": "{\"at\":[1,2]}", "vendor": 1 } }] },
            { "role": "tool", "tool_call_id": "c1", "content": "a cat" },
        ],
        "max_tokens": 100,
        "max_completion_tokens": 200,
        "temperature": 0.5,
        "top_p": 0.9,
        "n": 1,
        "stop": ["a", "b"],
        "seed": 7,
        "tools": [{ "type": "function", "vendor": 1, "function": { "name": "look",
            "description": "Looks.", "strict": true,
            "parameters": { "type": "object", "properties": { "at": { "type": "array" } } } } }],
        "tool_choice": "auto",
        "response_format": { "type": "json_object" },
        "num_ctx": 4096,
        "chat_template_kwargs": { "enable_thinking": true },
        "logit_bias": { "50256": -100 },
    })
}

/// Every change that must lead to another key: where, and what is put there (null removes it).
fn changes() -> Vec<(&'static str, Value)> {
    vec![
        ("/model", json!("gpt-4.2")),
        ("/model", Value::Null),
        ("/messages", json!([])),
        ("/messages/0/role", json!("developer")),
        ("/messages/0/content", json!("Be brief")),
        ("/messages/0/content", json!([{ "type": "text", "text": "Be brief." }])),
        ("/messages/0/content", json!("")),
        ("/messages/0/content", Value::Null),
        ("/messages/0/name", json!("op2")),
        ("/messages/0/name", Value::Null),
        ("/messages/0/vendor", json!(1)),
        ("/messages/1/content/0/type", json!("input_text")),
        ("/messages/1/content/0/text", json!("What is that?")),
        ("/messages/1/content/0/text", Value::Null),
        ("/messages/1/content/0/cache_control", Value::Null),
        ("/messages/1/content/1/image_url/url", json!("data:2")),
        ("/messages/1/content/1/image_url/detail", json!("high")),
        ("/messages/1/content/1/image_url", json!({ "detail": "low", "url": "data:1" })),
        ("/messages/2/refusal", json!("yes")),
        ("/messages/2/refusal", Value::Null),
        ("/messages/2/reasoning_content", json!("ah")),
        ("/messages/2/tool_calls", json!([])),
        ("/messages/2/tool_calls/0/id", json!("c2")),
        ("/messages/2/tool_calls/0/type", json!("custom")),
        ("/messages/2/tool_calls/0/extra_content", json!({ "a": 2 })),
        ("/messages/2/tool_calls/0/function/name", json!("see")),
        ("/messages/2/tool_calls/0/function/arguments", json!("{\"at\":[2,1]}")),
        ("/messages/2/tool_calls/0/function/arguments", json!("{\"at\":[12]}")),
        ("/messages/2/tool_calls/0/function/vendor", json!(2)),
        ("/messages/3/tool_call_id", json!("c2")),
        ("/messages/3/tool_call_id", Value::Null),
        ("/max_tokens", json!(101)),
        ("/max_tokens", Value::Null),
        ("/max_completion_tokens", json!(100)),
        ("/max_completion_tokens", Value::Null),
        ("/temperature", json!(0.500_000_1)),
        ("/temperature", json!(0)),
        ("/temperature", Value::Null),
        ("/top_p", json!(0.5)),
        ("/top_p", Value::Null),
        ("/n", json!(2)),
        ("/n", Value::Null),
        ("/stop", json!(["a"])),
        ("/stop", json!(["b", "a"])),
        ("/stop", json!(["ab"])),
        ("/stop", json!("ab")),
        ("/stop", Value::Null),
        ("/seed", json!(-7)),
        ("/seed", Value::Null),
        ("/tools", json!([])),
        ("/tools/0/type", json!("custom")),
        ("/tools/0/vendor", json!(2)),
        ("/tools/0/function", Value::Null),
        ("/tools/0/function/name", json!("see")),
        ("/tools/0/function/description", json!("Sees.")),
        ("/tools/0/function/description", Value::Null),
        ("/tools/0/function/strict", json!(false)),
        ("/tools/0/function/parameters", Value::Null),
        ("/tools/0/function/parameters/type", json!("array")),
        (
            "/tools/0/function/parameters",
            json!({ "properties": { "at": { "type": "array" } }, "type": "object" }),
        ),
        ("/tool_choice", json!("none")),
        ("/tool_choice", Value::Null),
        ("/response_format", json!({ "type": "text" })),
        ("/response_format", Value::Null),
        ("/num_ctx", json!(8192)),
        ("/num_ctx", json!(4096.0)),
        ("/num_ctx", json!("4096")),
        ("/num_ctx", Value::Null),
        ("/chat_template_kwargs/enable_thinking", json!(false)),
        ("/chat_template_kwargs", Value::Null),
        ("/logit_bias", json!({ "50257": -100 })),
        ("/logit_bias", json!({ "50256": 100 })),
        ("/reasoning_effort", json!("high")),
        ("/service_tier", json!("flex")),
        ("/top_k", json!(40)),
    ]
}

fn change(request: &mut Value, at: &str, to: Value) {
    let (parent, field) = at.rsplit_once('/').unwrap();
    let parent = request.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if to.is_null() {
        parent.shift_remove(field).unwrap();
    } else {
        parent.insert(field.to_owned(), to);
    }
}

#[test]
fn every_field_that_matters_makes_another_key() {
    let mut seen = HashMap::from([(key(&full()), ("as it is", Value::Null))]);
    for (at, to) in changes() {
        let mut changed = full();
        change(&mut changed, at, to.clone());
        let earlier = seen.insert(key(&changed), (at, to.clone()));
        assert!(earlier.is_none(), "{at} = {to} has the key of {earlier:?}");
    }
}

#[test]
fn how_an_answer_travels_and_is_filed_makes_no_other_key() {
    let mut changed = full();
    for (at, to) in [
        ("/stream", json!(true)),
        ("/stream_options", json!({ "include_usage": true })),
        ("/user", json!("u-1")),
        ("/metadata", json!({ "trace": "t-1" })),
        ("/store", json!(false)),
    ] {
        change(&mut changed, at, to);
        assert_eq!(key(&changed), key(&full()), "{at}");
    }
}

#[test]
fn null_in_a_known_field_is_its_absence() {
    let bare = json!({ "messages": [{ "role": "user" }] });
    let nulls = json!({
        "model": null, "max_tokens": null, "max_completion_tokens": null, "temperature": null,
        "top_p": null, "n": null, "stop": null, "stream": null, "stream_options": null, "seed": null,
        "tools": null, "tool_choice": null, "response_format": null, "store": null, "user": null,
        "metadata": null,
        "messages": [{ "role": "user", "content": null, "name": null, "tool_calls": null,
            "tool_call_id": null, "refusal": null }],
    });
    assert_eq!(key(&bare), key(&nulls));
    let unknown = json!({ "messages": [{ "role": "user" }], "thinking": null });
    assert_ne!(key(&bare), key(&unknown), "what null means in an unknown field is unknown");
    let mut built = parse(&bare.to_string());
    built.tool_choice = Some(Value::Null);
    built.response_format = Some(Value::Null);
    assert_eq!(Key::of(&SCOPE, &built), key(&bare), "also where code put it");
}

#[test]
fn tenants_and_chains_never_share() {
    let request = parse(&full().to_string());
    let names = ["", "a", "b", "ab", "a\0", "\0a"];
    let mut seen = HashMap::new();
    for tenant in names {
        for chain in names {
            let earlier = seen.insert(Key::of(&Scope { tenant, chain }, &request), (tenant, chain));
            assert!(earlier.is_none(), "{tenant:?}/{chain:?} has the key of {earlier:?}");
        }
    }
}

#[test]
fn minus_zero_samples_as_zero() {
    let at =
        |temperature: f64| Key::of(&SCOPE, &ChatRequest::user("x").with_temperature(temperature));
    assert_eq!(at(0.0), at(-0.0));
    assert_ne!(at(0.0), at(f64::MIN_POSITIVE));
}

#[test]
fn any_number_of_unknown_fields_is_sorted() {
    for count in [1_u32, 2, 31, 32, 33, 200] {
        let fields = (0..count).map(|at| (format!("f{at}"), json!(at)));
        let with = |fields: Vec<(String, Value)>| {
            let mut request = ChatRequest::user("x");
            request.extra.extend(fields);
            Key::of(&SCOPE, &request)
        };
        let forth = with(fields.clone().collect());
        assert_eq!(forth, with(fields.rev().collect()), "{count}");
    }
}

#[test]
fn the_key_of_a_request_is_the_same_on_every_machine() {
    let scope = Scope { tenant: "acme", chain: "default" };
    let bytes = *Key::of(&scope, &parse(&full().to_string())).as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        hex, "b10722a78678b699138800f5357f23c7ba7c89d74f43743e40f39eeff5d64319",
        "when the encoding changes, its version must change with it, and only then this line"
    );
}

/// Strings that run into each other when their ends are not kept apart.
fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "a", "b", "ab", "ba", "\0", "\u{1}a", "0", "é", " "])
        .prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop::sample::select(vec![
            json!(0),
            json!(1),
            json!(-1),
            json!(1.0),
            json!(128),
            json!(1e300)
        ]),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((word(), inner), 0..3)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// An object of some of these fields.
fn object(fields: Vec<(&'static str, BoxedStrategy<Value>)>) -> impl Strategy<Value = Value> {
    fields
        .into_iter()
        .map(|(name, value)| prop::option::of(value).prop_map(move |value| (name, value)))
        .collect::<Vec<_>>()
        .prop_map(|fields| {
            let present =
                fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
            Value::Object(present.collect())
        })
}

fn text() -> BoxedStrategy<Value> {
    word().prop_map(Value::from).boxed()
}

fn list(of: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    prop::collection::vec(of, 0..3).prop_map(Value::from).boxed()
}

fn message() -> impl Strategy<Value = Value> {
    let part =
        object(vec![("type", text()), ("text", text()), ("x", value().boxed()), ("y", text())]);
    let arguments = prop_oneof![word(), value().prop_map(|value| value.to_string())];
    let function = object(vec![
        ("name", text()),
        ("arguments", arguments.prop_map(Value::from).boxed()),
        ("x", text()),
    ]);
    let call =
        object(vec![("id", text()), ("function", function.boxed()), ("x", text()), ("y", text())]);
    let role = prop::sample::select(vec!["user", "system", "tool", "x"]).prop_map(Value::from);
    let rest = object(vec![
        ("content", prop_oneof![Just(Value::Null), text(), list(part)].boxed()),
        ("name", text()),
        ("tool_calls", list(call)),
        ("tool_call_id", text()),
        ("x", value().boxed()),
        ("y", value().boxed()),
    ]);
    // A message without a role is no request's.
    (role, rest).prop_map(|(role, mut message)| {
        message["role"] = role;
        message
    })
}

fn request() -> impl Strategy<Value = Value> {
    let small =
        || prop::sample::select(vec![0_u32, 1, 2, 127, 128, 300]).prop_map(Value::from).boxed();
    let real = || prop::sample::select(vec![0.0, 0.5, 1.0]).prop_map(Value::from).boxed();
    let function = (word(), prop::option::of(word()), prop::option::of(value())).prop_map(
        |(name, description, parameters)| {
            let mut function = Map::from_iter([("name".to_owned(), Value::from(name))]);
            function.extend(description.map(|it| ("description".to_owned(), it.into())));
            function.extend(parameters.map(|it| ("parameters".to_owned(), it)));
            Value::Object(function)
        },
    );
    let tool = object(vec![("function", function.boxed()), ("x", text())]);
    let fields = object(vec![
        ("model", text()),
        ("max_tokens", small()),
        ("max_completion_tokens", small()),
        ("temperature", real()),
        ("top_p", real()),
        ("n", small()),
        ("stop", prop_oneof![text(), list(word().prop_map(Value::from))].boxed()),
        ("stream", Just(json!(true)).boxed()),
        ("user", text()),
        ("seed", small()),
        ("tools", list(tool)),
        ("tool_choice", value().boxed()),
        ("num_ctx", value().boxed()),
        ("zeta", value().boxed()),
    ]);
    (fields, prop::collection::vec(message(), 0..3)).prop_map(|(mut fields, messages)| {
        fields["messages"] = messages.into();
        fields
    })
}

/// What a key must depend on, said a second time and in another way: JSON text with what does not count taken
/// out, and sorted where order does not count.
fn essence(request: &Value) -> String {
    let mut request = request.as_object().unwrap().clone();
    for skipped in ["stream", "user"] {
        request.remove(skipped);
    }
    tidy(&mut request, &["tool_choice", "tools", "model"]);
    for tool in each(&mut request, "tools") {
        tool.entry("type").or_insert_with(|| "function".into());
        // The vocabulary's own fields come first when a tool is written.
        let extra = tool.shift_remove("x");
        tool.sort_keys();
        tool.extend(extra.map(|it| ("x".to_owned(), it)));
        if let Some(Value::Object(function)) = tool.get_mut("function") {
            tidy(function, &["parameters"]);
        }
    }
    for message in each(&mut request, "messages") {
        let role = message.entry("role").or_insert_with(|| "assistant".into());
        assert!(role.is_string());
        tidy(message, &["content", "tool_calls"]);
        for part in each(message, "content") {
            part.entry("type").or_insert_with(|| "".into());
            tidy(part, &[]);
        }
        for call in each(message, "tool_calls") {
            call.entry("type").or_insert_with(|| "function".into());
            call.entry("id").or_insert_with(|| "".into());
            tidy(call, &[]);
            let function = call.entry("function").or_insert_with(|| json!({}));
            let function = function.as_object_mut().unwrap();
            function.entry("name").or_insert_with(|| "".into());
            let arguments = function.entry("arguments").or_insert_with(|| "".into());
            let sent = arguments.as_str().unwrap().to_owned();
            // Only the generated ones are JSON, and those are written without whitespace.
            *arguments = match sent.trim() {
                "0" => "0".into(),
                _ => sent.into(),
            };
            tidy(function, &[]);
        }
    }
    Value::Object(request).to_string()
}

fn each<'a>(
    of: &'a mut Map<String, Value>,
    field: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let items = of.get_mut(field).and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// Sorts fields, and drops those of these that are null, or empty lists where that is the same as absent.
fn tidy(fields: &mut Map<String, Value>, optional: &[&str]) {
    fields.sort_keys();
    fields.retain(|name, value| {
        let empty = match name.as_str() {
            "tools" | "tool_calls" => *value == json!([]),
            "model" => *value == json!(""),
            _ => false,
        };
        !(optional.contains(&name.as_str()) && (value.is_null() || empty))
    });
}

/// The same request with the fields of each object that this project types in another order.
fn shuffled(request: &Value, draw: &mut Entropy) -> Value {
    fn shuffle(fields: &Map<String, Value>, draw: &mut Entropy) -> Map<String, Value> {
        let mut fields: Vec<_> = fields.clone().into_iter().collect();
        for at in (1..fields.len()).rev() {
            let with = usize::try_from(draw.below(at as u64 + 1)).unwrap();
            fields.swap(at, with);
        }
        fields.into_iter().collect()
    }
    let mut request = shuffle(request.as_object().unwrap(), draw);
    for message in each(&mut request, "messages") {
        *message = shuffle(message, draw);
        for part in each(message, "content") {
            *part = shuffle(part, draw);
        }
        for call in each(message, "tool_calls") {
            *call = shuffle(call, draw);
            if let Some(Value::Object(function)) = call.get_mut("function") {
                *function = shuffle(function, draw);
            }
        }
    }
    Value::Object(request)
}

/// The one request with one field, of its own or of a message or deeper, as the other has it: a near miss.
fn with_one_of(one: &Value, other: &Value, at: Index) -> Value {
    let mut changed = one.clone();
    match (&mut changed, other) {
        (Value::Object(fields), Value::Object(others)) => {
            let names: BTreeSet<&String> =
                one.as_object().unwrap().keys().chain(others.keys()).collect();
            let Some(&name) = names.iter().nth(at.index(names.len().max(1))) else {
                return changed;
            };
            match (fields.get_mut(name), others.get(name)) {
                (Some(field), Some(theirs)) => *field = with_one_of(field, theirs, at),
                (Some(_), None) if name == "messages" => {}
                (Some(_), None) => drop(fields.shift_remove(name)),
                (None, theirs) => drop(fields.insert(name.clone(), theirs.unwrap().clone())),
            }
        }
        (Value::Array(items), Value::Array(others)) if !items.is_empty() && !others.is_empty() => {
            let item = &mut items[at.index(one.as_array().unwrap().len())];
            *item = with_one_of(item, &others[at.index(others.len())], at);
        }
        (ours, theirs) => *ours = theirs.clone(),
    }
    changed
}

/// Requests of one small world: every choice of a value, or none (null), for each of these fields.
fn every_choice(base: Value, fields: &[(&str, &[Value])]) -> Vec<Value> {
    let mut all = vec![base];
    for (at, values) in fields {
        let (parent, name) = at.rsplit_once('/').unwrap();
        let mut more = Vec::new();
        for one in all {
            for value in *values {
                let mut one = one.clone();
                if !value.is_null() {
                    one.pointer_mut(parent).unwrap()[name] = value.clone();
                }
                more.push(one);
            }
        }
        all = more;
    }
    all
}

/// The encodings must be as many as the requests, and none the beginning of another.
fn all_differ(requests: &[Value]) {
    let mut encodings: Vec<_> = requests.iter().map(|it| (encoding(it), it)).collect();
    encodings.sort_by(|a, b| a.0.cmp(&b.0));
    // Sorted, whatever begins with an encoding stands right behind it.
    for pair in encodings.windows(2) {
        assert!(!pair[1].0.starts_with(&pair[0].0), "{} and {}", pair[0].1, pair[1].1);
    }
}

#[test]
fn in_small_worlds_no_two_requests_share_an_encoding() {
    // Values that look alike in bytes: a count looks like a length, a length like a text of that byte.
    let words = [Value::Null, json!("a"), json!("aa"), json!("\u{1}a"), json!("\0")];
    let counts = [Value::Null, json!(0), json!(1), json!(2), json!(257)];
    let reals = [Value::Null, json!(0.0), json!(1.0)];
    let values =
        [Value::Null, json!([]), json!({}), json!([[]]), json!("a"), json!(1), json!(false)];
    let lists =
        [Value::Null, json!("a"), json!(["a"]), json!(["a", "a"]), json!(["aa"]), json!([])];
    let user = || json!({ "messages": [{ "role": "user" }] });

    all_differ(&every_choice(
        user(),
        &[
            ("/max_tokens", &counts),
            ("/max_completion_tokens", &counts),
            ("/n", &counts),
            ("/seed", &counts),
            ("/temperature", &reals),
            ("/top_p", &reals),
        ],
    ));
    all_differ(&every_choice(
        user(),
        &[
            ("/model", &words),
            ("/stop", &lists),
            ("/tool_choice", &values),
            ("/response_format", &values),
            ("/a", &values[1..]),
        ],
    ));
    all_differ(&every_choice(
        user(),
        &[
            ("/messages/0/content", &words),
            ("/messages/0/name", &words),
            ("/messages/0/tool_call_id", &words),
            ("/messages/0/refusal", &words),
            ("/messages/0/a", &words),
        ],
    ));
    let part = json!({ "role": "user", "content": [{ "type": "" }, { "type": "" }] });
    all_differ(&every_choice(
        json!({ "messages": [part] }),
        &[
            ("/messages/0/content/0/type", &words),
            ("/messages/0/content/0/text", &words),
            ("/messages/0/content/1/text", &words),
            ("/messages/0/content/1/a", &words),
        ],
    ));
    let call = json!({ "role": "assistant", "tool_calls": [{ "function": {} }] });
    all_differ(&every_choice(
        json!({ "messages": [call] }),
        &[
            ("/messages/0/tool_calls/0/id", &words),
            ("/messages/0/tool_calls/0/function/name", &words),
            ("/messages/0/tool_calls/0/function/arguments", &words),
            ("/messages/0/tool_calls/0/function/a", &words),
            ("/messages/0/tool_calls/0/a", &words),
        ],
    ));
    all_differ(&every_choice(
        json!({ "messages": [], "tools": [{ "function": { "name": "" } }] }),
        &[
            ("/tools/0/type", &words),
            ("/tools/0/function/name", &words),
            ("/tools/0/function/description", &words),
            ("/tools/0/function/parameters", &values),
            ("/tools/0/function/a", &words),
            ("/tools/0/a", &words),
        ],
    ));
}

/// Made up byte by byte: without the number before a list, these two would be encoded alike.
#[test]
fn a_list_is_not_taken_for_what_follows_it() {
    let word = json!({ "messages": [], "stop": ["a"], "": [null, null, null] });
    let seed = i64::from_le_bytes([b'a', 0, 0, 0, 1, 0, 7, 3]);
    all_differ(&[word, json!({ "messages": [], "stop": [], "seed": seed })]);
}

#[test]
fn in_small_worlds_no_two_conversations_share_an_encoding() {
    let messages = [
        json!({ "role": "a" }),
        json!({ "role": "", "content": "a" }),
        json!({ "role": "aa", "content": [] }),
    ];
    let mut all = vec![vec![]];
    for length in 0..4 {
        let longer: Vec<Vec<Value>> = all
            .iter()
            .filter(|talk: &&Vec<Value>| talk.len() == length)
            .flat_map(|talk| {
                messages.iter().map(|next| [talk.as_slice(), std::slice::from_ref(next)].concat())
            })
            .collect();
        all.extend(longer);
    }
    all_differ(&all.into_iter().map(|talk| json!({ "messages": talk })).collect::<Vec<_>>());
}

#[test]
fn the_order_inside_values_and_tool_definitions_counts() {
    for at in [
        r#""response_format":{"#,
        r#""unknown":{"#,
        r#""unknown":[{"#,
        r#""tools":[{"#,
        r#""tools":[{"function":{"name":"f","#,
        r#""tools":[{"function":{"name":"f","parameters":{"#,
    ] {
        let close: String = at
            .chars()
            .rev()
            .filter_map(|open| match open {
                '{' => Some('}'),
                '[' => Some(']'),
                _ => None,
            })
            .collect();
        let with = |fields: &str| {
            Key::of(&SCOPE, &parse(&format!(r#"{{"messages":[],{at}{fields}{close}}}"#)))
        };
        assert_ne!(with(r#""a":1,"b":2"#), with(r#""b":2,"a":1"#), "{at}");
    }
    let arguments = |text: &str| {
        let call = json!({ "function": { "name": "f", "arguments": text } });
        key(&json!({ "messages": [{ "role": "assistant", "tool_calls": [call] }] }))
    };
    assert_ne!(arguments(r#"{"a":1,"b":2}"#), arguments(r#"{"b":2,"a":1}"#));
    assert_eq!(arguments(r#"{"a":1,"b":2}"#), arguments("{ \"a\": 1, \"b\": 2 }"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_order_of_fields_and_whitespace_make_no_other_key(request in request(), seed in any::<u64>()) {
        let other = shuffled(&request, &mut Entropy::seeded(seed));
        let tight = Key::of(&SCOPE, &parse(&request.to_string()));
        let wide = Key::of(&SCOPE, &parse(&serde_json::to_string_pretty(&other).unwrap()));
        prop_assert_eq!(tight, wide);
    }

    #[test]
    fn two_requests_share_an_encoding_exactly_when_they_are_the_same(one in request(), other in request()) {
        prop_assert_eq!(encoding(&one) == encoding(&other), essence(&one) == essence(&other));
    }

    #[test]
    fn one_change_makes_another_encoding(one in request(), other in request(), at in any::<Index>()) {
        let changed = with_one_of(&one, &other, at);
        prop_assert_eq!(encoding(&one) == encoding(&changed), essence(&one) == essence(&changed));
    }

    #[test]
    fn no_encoding_is_the_beginning_of_another(one in request(), other in request()) {
        let (one, other) = (encoding(&one), encoding(&other));
        prop_assert!(one == other || !other.starts_with(&one));
    }

    #[test]
    fn what_was_parsed_and_written_again_has_its_key(request in request()) {
        let parsed = parse(&request.to_string());
        let again = parse(&serde_json::to_string(&parsed).unwrap());
        prop_assert_eq!(Key::of(&SCOPE, &parsed), Key::of(&SCOPE, &again));
    }
}
