//! Help, versions, completions and mistakes.

use crate::process::run;

#[test]
fn every_mistake_names_its_flag_and_rule_and_ends_with_2() {
    for (args, words) in [
        (["demo", "--requests", "0"].as_slice(), ["--requests", "from 1 to 100000"].as_slice()),
        (&["demo", "--requests", "1e9"], &["--requests", "from 1 to 100000"]),
        (&["demo", "--requests", "-1"], &["-1"]),
        (&["demo", "--callers", "0"], &["--callers", "from 1 to 1000"]),
        (&["demo", "--callers", "1001"], &["--callers", "from 1 to 1000"]),
        (&["demo", "--requests", "100000", "--callers", "1"], &["--requests", "10 minutes"]),
        (&["demo", "--seed", "NaN"], &["--seed"]),
        (&["demo", "--speed", "2"], &["--speed"]),
        (&["chat", "--max-tokens", "0", "hi"], &["--max-tokens", "from 1 to 1000000"]),
        (&["chat", "--simulate", "--model", "a", "--model", "a", "hi"], &["--model", "`a`"]),
        (&["chat", "--simulate", "--model", " ", "hi"], &["--model", "is empty"]),
        (&["chat", "--base-url", "http://example.com/v1", "hi"], &["--base-url", "https://"]),
        (&["chat", "--simulate", " "], &["the question is empty"]),
        (&["completions", "tcl"], &["tcl", "bash"]),
        (&["serve"], &["serve"]),
        (&["simulate", "seed", "--requests", "1e6"], &["--requests", "whole number from 1 to"]),
        (&["simulate", "seed", "--requests", "-5"], &["--requests", "whole number from 1 to"]),
        (&["simulate", "seed", "--seed", "abc"], &["--seed", "must be a whole number"]),
        (&["simulate", "seed", "--scale", "0"], &["--scale", "above zero"]),
        (&["simulate", "seed", "--seeds", "3"], &["--compare"]),
        (&["chat", "--base-url", "localhost:11434", "hi"], &["try http://localhost:11434/v1"]),
        (&["chat", "Hello", "world"], &["put it in quotes: \"Hello world\""]),
    ] {
        let ended = run(args);
        assert_eq!(ended.code, Some(2), "{args:?}: {}", ended.stderr);
        assert!(ended.stderr.starts_with("ft: "), "{args:?}: {}", ended.stderr);
        assert_eq!(ended.stdout, "", "{args:?}");
        for word in words {
            assert!(ended.stderr.contains(word), "{args:?}: {}", ended.stderr);
        }
    }
}

#[test]
fn help_lists_only_verbs_that_work_and_their_exit_codes() {
    let help = run(&["--help"]);
    assert_eq!(help.code, Some(0));
    let verbs = help.stdout.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let verbs: Vec<_> = verbs
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let ours = [
        "demo", "chat", "simulate", "serve", "check", "explain", "models", "cost", "key", "schema",
    ];
    assert_eq!(verbs, [&ours[..], &["completions", "help"]].concat());
    for verb in ours {
        let help = run(&[verb, "--help"]).stdout;
        assert!(help.contains("Exit codes:") && help.contains("Examples:"), "{help}");
    }
    assert_eq!(run(&["--version"]).stdout, concat!("ft ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_verb_without_what_it_needs_shows_its_help() {
    for args in [[].as_slice(), &["key"]] {
        let ended = run(args);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{args:?}");
        assert!(ended.stdout.contains("Usage: ft"), "{}", ended.stdout);
    }
}

#[test]
fn a_completion_script_knows_the_verbs() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&["completions", shell]);
        assert_eq!(script.code, Some(0), "{shell}");
        assert!(script.stdout.contains("demo") && script.stdout.contains("simulate"), "{shell}");
        // The other shells' scripts, as clap_complete writes them, have no values of arguments without a flag.
        if ["bash", "zsh", "fish"].contains(&shell) {
            assert!(script.stdout.contains("three-hour-outage"), "{shell}: scenarios that ship");
        }
        assert!(script.stdout.contains("explain") && script.stdout.contains("litellm"), "{shell}");
    }
}
