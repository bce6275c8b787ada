//! `ft explain`: what would become of a request.

use serde_json::Value;

use crate::check::Written;
use crate::process::{piped, run};

const FILE: &str = r#"
[providers.mine]
base_url = "http://127.0.0.1:9/v1"
prices = "holysheep"
[[chains.default.tiers]]
name = "only"
targets = [{ provider = "mine", model = "gpt-4.1" }, { provider = "mine", model = "gemini-2.5-flash" }]
[[chains.small.tiers]]
name = "only"
targets = [{ provider = "mine", model = "tiny", context_window = 10 }]
"#;

#[test]
fn without_a_file_it_explains_the_articles_chain_and_needs_no_key() {
    let ended = run(&["explain", "Explain quantum entanglement"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert_eq!(lines[0], "would ask holysheep/gpt-4.1 first");
    assert!(lines[1].contains("chain default: deadline 90s, 2 rounds"), "{}", lines[1]);
    let place = |model: &str| ended.stdout.find(&format!("holysheep/{model} ")).unwrap();
    assert!(place("claude-sonnet-4.5") < place("gemini-2.5-flash"));
    for line in lines {
        assert!(line.chars().count() <= 90, "too wide: {line}");
    }
}

#[test]
fn a_chain_a_target_and_a_body_can_be_asked_about() {
    let file = Written::new("explain", FILE);
    let path = file.path();
    let explained = |more: &[&str]| -> Value {
        let ended = run(&[&["explain", "--config", &path, "--json"], more].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        serde_json::from_str(&ended.stdout).unwrap()
    };
    let all = explained(&["Hello"]);
    assert_eq!(all["targets"].as_array().unwrap().len(), 2);
    assert_eq!(all["next"]["does"], "asks");
    let one = explained(&["--model", "mine/gemini-2.5-flash", "Hello"]);
    assert_eq!(one["targets"].as_array().unwrap().len(), 1);
    assert_eq!(one["targets"][0]["model"], "gemini-2.5-flash");
    let body = r#"{"model": "small", "messages": [{"role": "user", "content": "Hi"}]}"#;
    let read = piped(&["explain", "--config", &path, "--json", "--request", "-"], body.as_bytes());
    let read: Value = serde_json::from_str(&read.stdout).unwrap();
    assert_eq!(read["chain"], "small");
}

#[test]
fn when_nobody_would_answer_it_says_why_and_ends_with_1() {
    let file = Written::new("explain-none", FILE);
    let question = "word ".repeat(500);
    let ended = run(&["explain", "--config", &file.path(), "--chain", "small", &question]);
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.starts_with("would fail: "), "{}", ended.stdout);
    assert!(ended.stdout.contains("does not fit its window"), "{}", ended.stdout);
}

#[test]
fn what_cannot_be_explained_is_a_sentence() {
    let file = Written::new("explain-wrong", FILE);
    let path = file.path();
    for (args, word) in [
        (["explain"].as_slice(), "--request"),
        (&["explain", "--config", "no/such", "hi"], "no/such"),
        (&["explain", "--config", &path, "--chain", "nope", "hi"], "small"),
        (&["explain", "--config", &path, "--model", "nope", "hi"], "mine/gpt-4.1"),
        (&["explain", "--config", &path, "--model", "mine/nope", "hi"], "gpt-4.1"),
        (&["explain", "--chain", "a", "--model", "b/c", "hi"], "cannot be used with"),
    ] {
        let ended = run(args);
        assert_eq!(ended.code, Some(2), "{args:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(word), "{args:?}: {}", ended.stderr);
    }
}
