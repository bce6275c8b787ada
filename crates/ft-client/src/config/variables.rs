//! Variables in the strings of a file: from the environment, and from files of one secret each.

use std::path::Path;

use super::{InvalidConfig, Mistakes};

/// Replaces `${NAME}`, `${NAME:-default}` and `${file:/path}` in every string of a table, and `$${` by `${`.
///
/// What came from a variable is added to `replaced`, as messages quote it: it may be a key.
pub(super) fn replace(
    table: &mut toml::Table,
    lookup: &impl Fn(&str) -> Option<String>,
    replaced: &mut Vec<String>,
) -> Result<(), InvalidConfig> {
    let mut found = Mistakes::default();
    for (name, value) in table.iter_mut() {
        replace_in(value, name, lookup, replaced, &mut found);
    }
    found.end()
}

fn replace_in(
    value: &mut toml::Value,
    path: &str,
    lookup: &impl Fn(&str) -> Option<String>,
    replaced: &mut Vec<String>,
    found: &mut Mistakes,
) {
    match value {
        toml::Value::String(text) => {
            let expanded = expand(text, lookup).map_err(|rule| InvalidConfig::new(path, rule));
            let Some(expanded) = found.keep(expanded) else { return };
            if expanded != *text {
                replaced.push(expanded.escape_debug().to_string());
                *text = expanded;
            }
        }
        toml::Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                replace_in(item, &format!("{path}[{at}]"), lookup, replaced, found);
            }
        }
        toml::Value::Table(table) => {
            for (name, item) in table.iter_mut() {
                replace_in(item, &format!("{path}.{name}"), lookup, replaced, found);
            }
        }
        toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_) => {}
    }
}

fn expand(text: &str, lookup: &impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(literal) = rest.strip_prefix("${") {
            out.push_str("${");
            rest = literal;
            continue;
        }
        // A lone dollar is an amount of money, or part of a key.
        let Some(inner) = rest.strip_prefix('{') else {
            out.push('$');
            continue;
        };
        let end = inner.find('}').ok_or("has `${` without `}`; write `$${` when that is meant")?;
        let (name, default) = match inner[..end].split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (&inner[..end], None),
        };
        if let Some(path) = name.strip_prefix("file:") {
            // Whoever reads a configuration without its secrets says so by answering for them.
            let value = match lookup(name) {
                Some(value) => Ok(value),
                None => secret(Path::new(path)),
            };
            out.push_str(&value.or_else(|rule| default.map(str::to_owned).ok_or(rule))?);
            rest = &inner[end + 1..];
            continue;
        }
        let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !named {
            return Err("has `${…}` without the name of a variable in it".to_owned());
        }
        match lookup(name).filter(|value| !value.is_empty()).or(default.map(str::to_owned)) {
            Some(value) => out.push_str(&value),
            None => {
                return Err(format!(
                    "the environment variable {name} is not set; set it, write ${{{name}:-default}}, or keep the \
                     secret in a file and write ${{file:/path}}"
                ));
            }
        }
        rest = &inner[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// More is no secret of a line, and may be a device without an end.
const LONGEST_SECRET: u64 = 64 << 10;

/// What is in a file of one secret, without the line break at its end.
fn secret(path: &Path) -> Result<String, String> {
    let rule = |why: &str| format!("cannot read the file {}: {why}", path.display());
    if !path.is_absolute() {
        return Err(rule("write its whole path, from `/` on"));
    }
    // Before it is opened: opening a pipe waits for its other end.
    let known = std::fs::metadata(path).map_err(|error| rule(&error.to_string()))?;
    if !known.is_file() {
        return Err(rule("it is no regular file"));
    }
    if known.len() > LONGEST_SECRET {
        return Err(rule("it is larger than 64 KiB"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| rule(&error.to_string()))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(rule("it is empty")),
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_or_named() {
        let lookup = |name: &str| match name {
            "KEY" => Some("abc".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        for (text, expanded) in [
            ("x-${KEY}-${NONE:-d}", "x-abc-d"),
            ("${EMPTY:-full}", "full"),
            ("${NONE:-}", ""),
            ("$5", "$5"),
            ("$${KEY}", "${KEY}"),
            ("a$$b costs $", "a$$b costs $"),
        ] {
            assert_eq!(expand(text, &lookup), Ok(expanded.to_owned()), "{text}");
        }
        assert!(expand("${NONE}", &lookup).unwrap_err().contains("NONE"));
        assert!(expand("${EMPTY}", &lookup).unwrap_err().contains("EMPTY"));
        for text in ["${KEY", "${}", "${a key}"] {
            assert!(expand(text, &lookup).is_err(), "{text}");
        }
    }

    #[test]
    fn a_variable_cannot_bring_another_one_in() {
        let lookup = |name: &str| Some(if name == "A" { "${B}" } else { "secret" }.to_owned());
        assert_eq!(expand("${A}", &lookup), Ok("${B}".to_owned()));
    }

    #[test]
    fn a_secret_is_read_from_its_file_anew_each_time() {
        let path = std::env::temp_dir().join(format!("ft-secret-{}", std::process::id()));
        let text = format!("Bearer ${{file:{}}}", path.display());
        for (held, expanded) in [("sk-one\n", "Bearer sk-one"), ("sk-two", "Bearer sk-two")] {
            std::fs::write(&path, held).unwrap();
            assert_eq!(expand(&text, &|_| None), Ok(expanded.to_owned()));
        }
        std::fs::write(&path, "\n").unwrap();
        assert!(expand(&text, &|_| None).unwrap_err().contains("empty"));
        std::fs::remove_file(&path).unwrap();
        assert!(expand(&text, &|_| None).unwrap_err().contains("cannot read the file"));
        assert_eq!(expand(&text, &|_| Some("x".to_owned())), Ok("Bearer x".to_owned()));
        let spare = text.replace('}', ":-none}");
        assert_eq!(expand(&spare, &|_| None), Ok("Bearer none".to_owned()));
        for wrong in ["${file:relative}", "${file:/dev/zero}", "${file:/}"] {
            assert!(expand(wrong, &|_| None).is_err(), "{wrong}");
        }
    }
}
