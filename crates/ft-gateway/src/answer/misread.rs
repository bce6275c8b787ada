//! What is wrong with a body that is JSON and yet not the request: which field, and what it should be.

use std::fmt::Write;

/// The field and the rule that it breaks, without any of the values, which may be what somebody said.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misread {
    /// Such as `messages[0].content`; empty where it is the body itself.
    pub(super) field: String,
    /// Such as "must be a number".
    pub(super) rule: String,
}

impl Misread {
    /// Reads them out of the parser's error and its place; `None` when they cannot be told.
    ///
    /// The text is gone over again up to that place, which only who sent a wrong one waits for.
    pub(super) fn of(error: &serde_json::Error, text: &[u8]) -> Option<Self> {
        let said = error.to_string();
        let (open, closed) = fields(text, offset(text, error.line(), error.column())?)?;
        if let Some(name) = said.strip_prefix("missing field `") {
            let (name, _) = name.split_once('`')?;
            // The place is behind the object that lacks it.
            let field = match &*open {
                "" => name.to_owned(),
                object => format!("{object}.{name}"),
            };
            return Some(Self { field, rule: "is missing".to_owned() });
        }
        if said.starts_with("duplicate field") {
            return Some(Self { field: open, rule: "is there twice".to_owned() });
        }
        if said.starts_with("data did not match any variant") {
            // No visitor says what it wanted, and the place may be behind the whole body.
            let field = if open.is_empty() { closed } else { open };
            return Some(Self { field, rule: "has a form that is not known".to_owned() });
        }
        // Values stand before this word, and what is behind the last one comes from the types.
        let (_, wanted) = said.rsplit_once(", expected ")?;
        let wanted = wanted.rsplit_once(" at line ").map_or(wanted, |(wanted, _)| wanted);
        Some(Self { field: open, rule: format!("must be {}", in_json(wanted)) })
    }
}

/// A type of Rust as who writes JSON knows it.
fn in_json(wanted: &str) -> &str {
    match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        wanted if wanted.starts_with("struct ") || wanted == "a map" => "an object",
        wanted => wanted,
    }
}

/// Where a place is that the parser counts in lines from 1 and bytes read of that line.
fn offset(text: &[u8], line: usize, column: usize) -> Option<usize> {
    let start = match line.checked_sub(2) {
        None => 0,
        Some(before) => {
            text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(before)?.0 + 1
        }
    };
    Some((start + column).min(text.len()))
}

enum Inside<'a> {
    Object(Option<&'a [u8]>),
    List(usize),
}

/// The path of the field that is read at this place, of a text that is JSON up to there; and the path that the last
/// object or list which ended there had come to.
fn fields(text: &[u8], end: usize) -> Option<(String, String)> {
    let mut inside: Vec<Inside<'_>> = Vec::new();
    let mut closed = String::new();
    let mut at = 0;
    while at < end {
        match text[at] {
            b'{' => inside.push(Inside::Object(None)),
            b'[' => inside.push(Inside::List(0)),
            b'}' | b']' => {
                closed = path(&inside)?;
                inside.pop();
            }
            b',' => match inside.last_mut() {
                Some(Inside::Object(key)) => *key = None,
                Some(Inside::List(item)) => *item += 1,
                None => {}
            },
            b'"' => {
                let close = closing(text, at)?;
                if let Some(Inside::Object(key @ None)) = inside.last_mut() {
                    *key = Some(&text[at + 1..close]);
                }
                at = close;
            }
            _ => {}
        }
        at += 1;
    }
    Some((path(&inside)?, closed))
}

/// Where the text that begins here ends.
fn closing(text: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        match text.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// `None` for names that no type here has: they may be what somebody said.
fn path(inside: &[Inside<'_>]) -> Option<String> {
    let mut path = String::new();
    for step in inside {
        match step {
            Inside::Object(None) => {}
            Inside::Object(Some(key)) => {
                let key = std::str::from_utf8(key).ok()?;
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
                if key.len() > 64 || !key.bytes().all(plain) {
                    return None;
                }
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
            }
            // Writing to a string does not fail.
            Inside::List(item) => drop(write!(path, "[{item}]")),
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use ft_core::ChatRequest;

    use super::*;

    fn of(text: &str) -> Misread {
        let error = serde_json::from_str::<ChatRequest>(text).unwrap_err();
        Misread::of(&error, text.as_bytes()).unwrap()
    }

    #[test]
    fn each_field_is_named_with_what_it_must_be() {
        let start = r#"{"model": "a \" { [ ,", "messages": [{"role": "user", "content": "x"}]"#;
        for (rest, field, rule) in [
            (r#", "temperature": "hot"}"#, "temperature", "must be a number"),
            (
                ",\n \"max_tokens\": -1,\n \"n\": 1}",
                "max_tokens",
                "must be a whole number that is not negative",
            ),
            (
                r#", "max_tokens": 1.5}"#,
                "max_tokens",
                "must be a whole number that is not negative",
            ),
            (r#", "stream": "yes"}"#, "stream", "must be true or false"),
            (r#", "stop": {"a": 1}}"#, "stop", "has a form that is not known"),
            (r#", "stop": [1], "n": 1}"#, "stop", "has a form that is not known"),
            (r#", "n": 1, "n": 1}"#, "n", "is there twice"),
            (r#", "user": {"a": [1]}}"#, "user", "must be a string"),
            (r#", "user": "x", "seed": "a, expected b"}"#, "seed", "must be a whole number"),
        ] {
            let text = format!("{start}{rest}");
            let wanted = Misread { field: field.to_owned(), rule: rule.to_owned() };
            assert_eq!(of(&text), wanted, "{text}");
        }
    }

    #[test]
    fn fields_in_lists_have_their_number_and_missing_ones_their_object() {
        for (text, field, rule) in [
            (r#"{"model": "m"}"#, "messages", "is missing"),
            (r#"{"messages": "x"}"#, "messages", "must be a list"),
            (r#"{"messages": [{"role": "user"}, 7]}"#, "messages[1]", "must be an object"),
            (r#"{"messages": [{"role": 7}]}"#, "messages[0].role", "must be a string"),
            (r#"{"messages": [{"content": "x"}]}"#, "messages[0].role", "is missing"),
            (
                r#"{"messages": [{"role": "user"}, {"role": null, "content": "x"}], "n": 1}"#,
                "messages[1].role",
                "is missing",
            ),
            (
                r#"{"messages": [{"role": "user", "content": 5}]}"#,
                "messages[0].content",
                "must be a string, a list of parts, or null",
            ),
            (
                r#"{"messages": [{"role": "user", "content": {"type": "text"}}]}"#,
                "messages[0].content",
                "must be a string, a list of parts, or null",
            ),
            (
                r#"{"messages": [{"role": "user", "content": ["a"]}]}"#,
                "messages[0].content[0]",
                "must be an object",
            ),
            (
                r#"{"messages": [], "tools": [{"function": {}}]}"#,
                "tools[0].function.name",
                "is missing",
            ),
            ("[]", "", "must be an object"),
        ] {
            let wanted = Misread { field: field.to_owned(), rule: rule.to_owned() };
            assert_eq!(of(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_name_that_is_none_of_ours_is_not_repeated() {
        let error = serde_json::from_str::<ChatRequest>("{\"model\": 7}").unwrap_err();
        assert_eq!(Misread::of(&error, b"{\"a secret\": 7}"), None);
    }
}
