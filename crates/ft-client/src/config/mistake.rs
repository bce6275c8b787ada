//! What a deserializer found wrong, in words for whoever wrote the file.

use super::InvalidConfig;

/// The error for a message of serde about the value at `path`. `sections` are keys of the top level that other
/// readers know.
pub(super) fn explain(path: String, message: &str, sections: &[String]) -> InvalidConfig {
    // An error inside of a list or a table of values may name its path twice.
    let message = message.trim();
    if let Some(field) = quoted_after(message, "missing field ") {
        let path = if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
        return InvalidConfig::new(path, "is missing");
    }
    for kind in ["unknown field", "unknown variant"] {
        if let Some(written) = quoted_after(message, &format!("{kind} ")) {
            let mut known = expected(message);
            if kind == "unknown field" && !path.contains(['.', '[']) {
                known.extend(sections.iter().map(String::as_str));
            }
            return InvalidConfig::new(path, format!("{kind}{}", advice(written, &known)));
        }
    }
    let wrong = message.strip_prefix("invalid type: ").or(message.strip_prefix("invalid value: "));
    if let Some((is, expected)) = wrong.and_then(|rest| rest.rsplit_once(", expected ")) {
        return InvalidConfig::new(path, format!("must be {}, not {is}", in_words(expected)));
    }
    InvalidConfig::new(path, message)
}

/// What others call a setting, and what it is called here, wherever it is known. Beginning with the names of the
/// article from which this project grew, which are also those of resilience4j, Polly and the like.
const ELSEWHERE: [(&str, &str, &str); 9] = [
    ("failure_threshold", "consecutive_failures", ""),
    ("timeout_seconds", "open_for", ", with its unit, as in \"30s\""),
    ("timeout_seconds", "attempt_timeout", ", with its unit, as in \"30s\""),
    ("recovery_timeout", "open_for", ", with its unit, as in \"30s\""),
    ("reset_timeout", "open_for", ", with its unit, as in \"30s\""),
    ("half_open_max_calls", "max_concurrent_probes", ""),
    ("success_threshold", "successes_to_close", ""),
    ("max_retries", "same_target_retries", ""),
    ("num_retries", "same_target_retries", ""),
];

/// What an unknown word is called here; `, did you mean …?` for what is nearly a known one; else the words there are.
fn advice(written: &str, known: &[&str]) -> String {
    let meant = ELSEWHERE.iter().find(|(other, here, _)| *other == written && known.contains(here));
    if let Some((_, here, how)) = meant {
        return format!("; here it is called `{here}`{how}");
    }
    let near = known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(written, word), word))
        .filter(|(distance, word)| *distance <= (word.len() / 3).max(1))
        .min_by_key(|(distance, _)| *distance);
    match near {
        Some((_, word)) => format!(", did you mean `{word}`?"),
        None if known.is_empty() => "; there is none here".to_owned(),
        None => {
            let known: Vec<_> = known.iter().map(|word| format!("`{word}`")).collect();
            format!("; known are {}", known.join(", "))
        }
    }
}

/// The word in backticks behind this beginning.
fn quoted_after<'a>(message: &'a str, beginning: &str) -> Option<&'a str> {
    message.strip_prefix(beginning)?.strip_prefix('`')?.split('`').next()
}

/// The words that serde lists behind `expected`.
fn expected(message: &str) -> Vec<&str> {
    let list = message.rsplit_once(", expected ").map_or("", |(_, list)| list);
    list.split('`').skip(1).step_by(2).collect()
}

/// Rust's types in the words of TOML.
fn in_words(expected: &str) -> &str {
    match expected {
        "a sequence" => "an array",
        "a map" => "a table",
        "u16" => "a whole number from 0 to 65535",
        "u8" => "a whole number from 0 to 255",
        "u32" | "u64" | "usize" => "a whole number that is not negative",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "path string" => "a string with a path",
        other if other.starts_with("struct ") => "a table",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn says(path: &str, message: &str, said: &str) {
        let sections = ["server".to_owned()];
        assert_eq!(explain(path.to_owned(), message, &sections).to_string(), said);
    }

    #[test]
    fn what_is_nearly_a_known_word_is_offered() {
        let known = "expected one of `tiers`, `deadline`, `rounds`";
        says(
            "chains.default.deadlin",
            &format!("unknown field `deadlin`, {known}"),
            "chains.default.deadlin: unknown field, did you mean `deadline`?",
        );
        says(
            "sevrer",
            "unknown field `sevrer`, expected `a`",
            "sevrer: unknown field, did you mean `server`?",
        );
        says(
            "a.sevrer",
            "unknown field `sevrer`, expected `x` or `y`",
            "a.sevrer: unknown field; known are `x`, `y`",
        );
        says(
            "order",
            "unknown variant `cheapst`, expected one of `ordered`, `cheapest`",
            "order: unknown variant, did you mean `cheapest`?",
        );
    }

    #[test]
    fn the_names_that_others_have_for_a_setting_lead_to_the_one_here() {
        let known = "expected one of `consecutive_failures`, `open_for`, `max_concurrent_probes`, `successes_to_close`";
        for (written, said) in [
            ("failure_threshold", "here it is called `consecutive_failures`"),
            ("timeout_seconds", "here it is called `open_for`, with its unit, as in \"30s\""),
            ("half_open_max_calls", "here it is called `max_concurrent_probes`"),
            ("success_threshold", "here it is called `successes_to_close`"),
        ] {
            let message = format!("unknown field `{written}`, {known}");
            let path = format!("breaker.{written}");
            says(&path, &message, &format!("{path}: unknown field; {said}"));
        }
        says(
            "server.failure_threshold",
            "unknown field `failure_threshold`, expected `listen` or `backlog`",
            "server.failure_threshold: unknown field; known are `listen`, `backlog`",
        );
    }

    #[test]
    fn types_are_told_in_the_words_of_toml() {
        says(
            "a",
            "invalid type: integer `3`, expected a sequence",
            "a: must be an array, not integer `3`",
        );
        says(
            "a",
            "invalid type: string \"x, expected y\", expected struct Cache",
            "a: must be a table, not string \"x, expected y\"",
        );
        says(
            "a",
            "invalid value: integer `-1`, expected u32",
            "a: must be a whole number that is not negative, not integer `-1`",
        );
    }

    #[test]
    fn what_is_missing_is_named_where_it_should_stand() {
        says("providers.x", "missing field `base_url`", "providers.x.base_url: is missing");
    }
}
