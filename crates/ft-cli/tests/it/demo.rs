//! `ft demo`, short.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::sync::OnceLock;

use serde_json::Value;

use crate::process::{Ended, ft, run};

/// Few requests, so that a loaded machine keeps up; eight seconds, which is as short as a run gets.
const SHORT: [&str; 5] = ["demo", "--requests", "240", "--callers", "24"];

/// One run as JSON, shared by the tests that read it.
fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let ended = run(&[SHORT.as_slice(), &["--json"]].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(ended.stderr, "", "no terminal, no progress");
        serde_json::from_str(&ended.stdout).unwrap()
    })
}

#[test]
fn the_json_is_one_document_that_says_it_is_simulated_and_what_both_got() {
    let demo = document();
    assert_eq!(demo["simulated"], true);
    assert_eq!(demo["requests"], 240);
    assert_eq!(demo["callers"], 24);
    assert_eq!(demo["interrupted"], false);
    assert_eq!(demo["promise"]["kept"], true);
    for lane in ["chain", "alone"] {
        let lane = &demo[lane];
        assert_eq!(lane["ended"], 240);
        let count = |value: &Value| value.as_u64().unwrap();
        let live: u64 = lane["live"].as_object().unwrap().values().map(count).sum();
        let cache: u64 = lane["cache"].as_object().unwrap().values().map(count).sum();
        assert_eq!(count(&lane["answered"]), live + cache);
        let ends = [&lane["answered"], &lane["emergency"], &lane["errors"]].map(count);
        assert_eq!(ends.iter().sum::<u64>(), 240);
        assert!(count(&lane["streamed"]) > 60 && count(&lane["streamed"]) < 180);
        assert!(lane["latency_ms"]["p50"].as_f64() <= lane["latency_ms"]["p99"].as_f64());
        let cost = lane["cost_usd"].as_str().unwrap();
        assert!(cost.parse::<f64>().unwrap() > 0.0 && !cost.contains('$'), "{cost}");
    }
}

#[test]
fn the_chain_answers_everybody_where_one_provider_alone_does_not() {
    let demo = document();
    let success = |lane: &str| demo[lane]["success"].as_f64().unwrap();
    assert!(success("chain") >= 0.999);
    // How many turns fall into the outage is the machine's business: a loaded one comes to them later.
    assert!(success("alone") < success("chain"));
    let during = |lane: &str| {
        let during = &demo[lane]["during_outage"];
        (during["ended"].as_u64().unwrap(), during["answered"].as_u64().unwrap())
    };
    let (ended, answered) = during("chain");
    assert!(ended > 0 && answered == ended, "{answered} of {ended}");
    let (ended, answered) = during("alone");
    // How many of those that began in it were still on their way when it ended is the machine's business too.
    assert!(answered < ended, "{answered} of {ended}");
    let calls = demo["chain"]["upstream_calls_per_request"].as_f64().unwrap();
    assert!(calls < 1.5, "{calls}");
}

#[test]
fn the_breaker_is_seen_to_open_in_the_outage() {
    let demo = document();
    let events = demo["events"].as_array().unwrap();
    let at = |event: &Value| event["at_seconds"].as_f64().unwrap();
    assert!(events.is_sorted_by_key(at), "{events:?}");
    let named = |name: &str| events.iter().position(|event| event["event"] == name);
    let (began, ended) = (named("outage_began").unwrap(), named("outage_ended").unwrap());
    assert!(began < ended, "{events:?}");
    // A machine that stood still may have opened it before; then a probe finds the outage. Nor is its end a bound:
    // calls that the outage answered may be read after it, when the process comes to its turn.
    let held = events[began..].iter().position(|event| {
        event["model"] == "gpt-4.1"
            && (event["event"] == "breaker_opened" || event["event"] == "probe_failed")
    });
    let held = began + held.unwrap_or_else(|| panic!("no breaker found the outage: {events:?}"));
    let closed = |event: &Value| event["event"] == "breaker_closed" && event["model"] == "gpt-4.1";
    let back = events.iter().rposition(closed);
    assert!(back.is_some_and(|back| back > held && back > ended), "{events:?}");
}

#[test]
fn without_a_terminal_there_are_few_lines_and_no_escape_codes() {
    let Ended { code, stdout, stderr } = run(&SHORT);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(stderr, "");
    assert!(!stdout.contains('\x1b'), "{stdout}");
    assert!(stdout.lines().count() < 60, "{stdout}");
    for words in [
        "gpt-4.1 goes down",
        "breaker of gpt-4.1 opens",
        "this chain",
        "gpt-4.1 alone",
        "emergency texts (not answers)",
        "The chain kept its promise",
        "The providers are simulated",
    ] {
        assert!(stdout.contains(words), "{words} is missing in:\n{stdout}");
    }
    for line in stdout.lines() {
        assert!(line.chars().count() < 80, "{line}");
    }
}

#[test]
fn a_reader_who_leaves_early_is_no_panic() {
    let mut child = ft(&SHORT).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    assert!(first.contains("ft demo"), "{first}");
    drop(lines);
    let status = child.wait().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_with_what_was_seen_so_far() {
    let mut child = ft(&SHORT).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("goes down") {
        line.clear();
        assert!(stdout.read_line(&mut line).unwrap() > 0, "it ended before the outage");
    }
    let pid = child.id().to_string();
    let sent = std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(sent.success());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("Stopped early") && rest.contains("real answers"), "{rest}");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
