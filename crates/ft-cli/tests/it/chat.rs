//! `ft chat`, against upstreams of ours.

use std::io::Read;
use std::process::Stdio;

use ft_sim::{Reply, Script, Scripts, Upstream};
use serde_json::Value;

use crate::process::{Ended, ended, ft, piped, run};

const KEY: &str = "sk-test-0123456789abcdefghij";

/// Asks an upstream with these scripts.
fn asked(scripts: impl Into<Scripts>, args: &[&str]) -> Ended {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let upstream = Upstream::start(scripts).unwrap();
    let url = upstream.base_url();
    ended(ft(&[&["chat", "--base-url", &url], args].concat()).env("HOLYSHEEP_API_KEY", KEY))
}

#[test]
fn without_a_key_one_sentence_says_what_to_set_and_what_needs_none() {
    let Ended { code, stdout, stderr } = run(&["chat", "hi"]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with("ft: ") && stderr.contains("HOLYSHEEP_API_KEY"), "{stderr}");
    assert!(stderr.contains("--simulate"), "{stderr}");
}

#[test]
fn an_empty_key_is_none() {
    let ended = ended(ft(&["chat", "hi"]).env("HOLYSHEEP_API_KEY", " "));
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("there is no key"), "{}", ended.stderr);
}

#[test]
fn a_simulated_provider_answers_without_a_key_and_says_what_it_is() {
    let Ended { code, stdout, stderr } = run(&["chat", "--simulate", "Explain"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("simulated") && stdout.ends_with('\n'), "{stdout}");
    let lines: Vec<_> = stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{stderr}");
    assert!(lines[0].contains("simulated"), "{stderr}");
    for part in ["gpt-4.1", "tier primary", " ms", "$0.00", "1 attempt"] {
        assert!(lines[1].contains(part), "{part} is missing in: {}", lines[1]);
    }
}

#[test]
fn as_json_it_is_one_document_of_answer_and_report() {
    let ended = run(&["chat", "--simulate", "--json", "Hello"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert!(document["answer"].as_str().unwrap().contains("simulated"));
    assert_eq!(document["report"]["served_by"]["model"], "gpt-4.1");
    assert_eq!(document["report"]["attempts"].as_array().unwrap().len(), 1);
}

#[test]
fn the_question_comes_from_stdin_when_it_is_a_dash_or_missing() {
    for args in [["chat", "--simulate", "-"].as_slice(), &["chat", "--simulate"]] {
        let ended = piped(args, b"one two three four\n");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stdout.contains("4 words"), "{}", ended.stdout);
    }
    assert_eq!(piped(&["chat", "--simulate"], b"").code, Some(2));
    assert_eq!(piped(&["chat", "--simulate"], b"\xff\xfe").code, Some(2));
}

#[test]
fn a_wrong_key_is_a_sentence_with_the_providers_words_and_never_the_key() {
    let words = format!("Incorrect API key provided: {KEY}.");
    let refusal = Reply::error(401, "invalid_api_key", &words);
    let Ended { code, stdout, stderr } = asked(refusal, &["hi"]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    for part in ["refused the key", "401", "Incorrect API key provided", "HOLYSHEEP_API_KEY"] {
        assert!(stderr.contains(part), "{part} is missing in: {stderr}");
    }
    assert!(!stderr.contains(KEY) && !stderr.contains("unavailable"), "{stderr}");
}

#[test]
fn the_next_model_answers_when_the_first_fails_and_the_line_says_so() {
    let scripts =
        Scripts::new().model("first", Reply::status(500)).model("second", Reply::text("here"));
    let args = ["--model", "first", "--model", "second", "hi"];
    let Ended { code, stdout, stderr } = asked(scripts, &args);
    assert_eq!((code, stdout.as_str()), (Some(0), "here\n"), "{stderr}");
    for part in ["second by 127.0.0.1", "tier fallback", "cost unknown", "3 attempts"] {
        assert!(stderr.contains(part), "{part} is missing in: {stderr}");
    }
}

#[test]
fn system_and_max_tokens_reach_the_provider() {
    let script = Script::from_fn(|seen| {
        let chat = seen.chat().unwrap();
        let system = chat.messages[0].content.text().into_owned();
        let limit = chat.output_limit();
        Reply::text(format!("{system} {} {limit:?} {}", chat.messages.len(), seen.stream))
    });
    let args = ["--model", "m", "--system", "Be brief", "--max-tokens", "17", "--no-stream", "hi"];
    assert_eq!(asked(script, &args).stdout, "Be brief 2 Some(17) false\n");
}

#[test]
fn an_answer_that_breaks_off_stands_as_far_as_it_came_and_is_a_failure() {
    let broken = Reply::chunks(["one ", "two ", "three"]).cut_after(2);
    let Ended { code, stdout, stderr } = asked(broken, &["--model", "m", "hi"]);
    assert_eq!((code, stdout.as_str()), (Some(1), "one two \n"), "{stderr}");
    assert!(stderr.starts_with("ft: ") && stderr.contains("broke off"), "{stderr}");
}

#[test]
fn a_failure_as_json_is_still_one_document() {
    let ended = asked(Reply::status(404), &["--model", "m", "--json", "hi"]);
    assert_eq!(ended.code, Some(1));
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert!(document["error"]["message"].as_str().unwrap().contains("no such model"), "{document}");
    assert_eq!(document["report"]["attempts"][0]["status"], 404);
}

#[test]
fn a_provider_that_is_not_there_is_said_in_a_sentence() {
    // Bound and closed again, so that nobody listens there.
    let port = {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        socket.local_addr().unwrap().port()
    };
    let url = format!("http://127.0.0.1:{port}/v1");
    let ended = run(&["chat", "--base-url", &url, "--model", "m", "hi"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("cannot be reached"), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}

#[test]
fn an_answers_escape_codes_are_kept_for_files() {
    let ended = asked(Reply::text("a\u{1b}[31mb"), &["--model", "m", "hi"]);
    assert_eq!(ended.stdout, "a\u{1b}[31mb\n");
}

#[test]
fn a_reader_who_leaves_early_is_no_panic() {
    let mut child = ft(&["chat", "--simulate", "hi"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 4]).unwrap();
    drop(stdout);
    let status = child.wait().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(!said.contains("panic"), "{said}");
}
