//! `ft check`: whether a file can be used, and what it will do.

use std::path::PathBuf;

use serde_json::Value;

use crate::process::{Ended, ended, ft};

const KEY: &str = "sk-check-0123456789abcdefghij";
const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const FILE: &str = r#"
[providers.holysheep]
base_url = "https://api.holysheep.ai/v1"
keys = ["${CHECK_KEY}"]

[providers.openai]
base_url = "https://api.openai.com/v1"
keys = ["${CHECK_KEY}"]

[[chains.default.tiers]]
name = "primary"
targets = [{ provider = "holysheep", model = "gpt-4.1", first_token_timeout = "2s", upstream = "stream", in_flight = 8 }]

[[chains.default.tiers]]
name = "degraded"
order = "cheapest"
targets = [{ provider = "openai", model = "o4-mini" }, { provider = "openai", model = "nobody-knows" }]

[spend]
limit = "$50"
unknown_price = "warn"

[callers.web]
key_sha256 = ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
requests_per_minute = 1200
spend = { limit = "$5", per = "month" }
"#;

/// A file in a directory of its own, gone with the value.
pub(crate) struct Written(PathBuf);

impl Written {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("ft-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("ft.toml"), text).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self) -> String {
        self.0.join("ft.toml").display().to_string()
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn check(name: &str, text: &str, more: &[&str]) -> (Ended, String) {
    let file = Written::new(name, text);
    let path = file.path();
    let mut command = ft(&[&["check", &path], more].concat());
    (ended(command.env("CHECK_KEY", KEY)), path)
}

#[test]
fn a_good_file_is_printed_as_it_will_run_in_eighty_columns() {
    let (ended, path) = check("good", FILE, &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.starts_with(&format!("{path} can be used\n")), "{}", ended.stdout);
    for part in [
        "chain default",
        "deadline 90s, 2 rounds, 3 targets",
        "holysheep/gpt-4.1",
        "128k",
        "degraded: the cheapest for the request first",
        "at most 8 calls in flight",
        "breaker  opens on 5 failures in a row over 500ms,\n",
        "         or 50 % failures of 20 calls in 30s\n",
        "$50.00 a day",
        "http://127.0.0.1:8080/v1, with a key",
        "http://127.0.0.1:8081/, no key",
        "9f86d081",
        "1,200",
        "$5.00 a month",
        "openai/nobody-knows: not in the profile `openai`",
        "openai/o4-mini: deprecated since 2026-10-23",
    ] {
        assert!(ended.stdout.contains(part), "{part} is missing in:\n{}", ended.stdout);
    }
    for line in ended.stdout.lines().skip(1) {
        assert!(line.chars().count() <= 80, "too wide: {line}");
    }
    assert!(!ended.stdout.contains(&HASH[..9]) && !ended.stdout.contains(KEY), "{}", ended.stdout);
}

#[test]
fn as_json_it_is_one_document_without_keys() {
    let (ended, _) = check("json", FILE, &["--json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["ok"], true);
    let target = &document["chains"]["default"]["tiers"][0]["targets"][0];
    assert_eq!(target["model"], "gpt-4.1");
    assert_eq!(target["first_token_timeout_seconds"], 2.0);
    assert_eq!(target["price_per_million"]["input"], "2.00");
    assert_eq!(document["callers"]["web"]["keys"][0], "9f86d081");
    assert_eq!(document["breaker"]["open_for"], "30s");
    assert!(document["notes"].as_array().unwrap().len() >= 2);
    assert!(!ended.stdout.contains(&HASH[..9]) && !ended.stdout.contains(KEY), "{}", ended.stdout);
}

#[test]
fn what_is_wrong_is_named_with_file_line_and_field() {
    let wrong = FILE.replace("name = \"degraded\"", "name = \"degraded\"\ndeadlien = \"5s\"");
    let (ended, path) = check("wrong", &wrong, &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    let place = format!("{path}:16: chains.default.tiers[1].deadlien: unknown field");
    assert!(ended.stderr.starts_with(&place), "{}", ended.stderr);

    let (ended, path) = check("wrong-json", &wrong, &["--json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["ok"], false);
    assert_eq!(document["error"]["file"], path);
    assert_eq!(document["error"]["line"], 16);
    assert_eq!(document["error"]["field"], "chains.default.tiers[1].deadlien");
}

#[test]
fn a_trace_needs_a_folder_that_is_there() {
    let with = |trace: &str| format!("[server]\ntrace = \"{trace}\"\n{FILE}");
    let (ended, path) = check("trace", &with("no/such/folder/t.jsonl"), &[]);
    assert_eq!(ended.code, Some(1));
    let place = format!("{path}:2: server.trace: is in a folder that is not there");
    assert!(ended.stderr.starts_with(&place), "{}", ended.stderr);
    let (ended, _) = check("trace-folder", &with("."), &[]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    for trace in ["t.jsonl", "./t.jsonl"] {
        let (ended, _) = check("trace-good", &with(trace), &[]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
    assert!(!std::path::Path::new("t.jsonl").exists(), "a check writes nothing");
}

#[test]
fn a_file_that_cannot_be_read_and_a_variable_that_is_not_set_are_told_apart() {
    let missing = ended(&mut ft(&["check", "no/such/ft.toml"]));
    assert_eq!(missing.code, Some(2));
    assert!(missing.stderr.starts_with("ft: cannot read no/such/ft.toml: "), "{}", missing.stderr);

    let missing = ended(&mut ft(&["check", "no/such/ft.toml", "--json"]));
    assert_eq!((missing.code, missing.stderr.as_str()), (Some(2), ""));
    let document: Value = serde_json::from_str(&missing.stdout).unwrap();
    assert_eq!(document["ok"], false);
    assert_eq!(document["error"]["file"], "no/such/ft.toml");
    let rule = document["error"]["rule"].as_str().unwrap();
    assert!(rule.starts_with("cannot read no/such/ft.toml: "), "{rule}");

    let file = Written::new("unset", FILE);
    let unset = ended(ft(&["check", &file.path()]).env_remove("CHECK_KEY"));
    assert_eq!(unset.code, Some(1));
    for part in ["ft.toml:4: providers.holysheep.keys[0]: ", "CHECK_KEY is not set"] {
        assert!(unset.stderr.contains(part), "{}", unset.stderr);
    }
}
