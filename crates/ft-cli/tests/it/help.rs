//! The help of every verb: a snapshot, so that no flag, default or sentence comes or goes unseen.

use std::path::Path;

use crate::process::{ended, ft};

/// The help of a verb as it is told to a pipe.
fn help(verb: &[&str]) -> String {
    let mut args = verb.to_vec();
    args.push("--help");
    let shown = ended(ft(&args).env("COLUMNS", "100"));
    assert_eq!(shown.code, Some(0), "{args:?}: {}", shown.stderr);
    // clap leaves spaces at the ends of some lines, and no file here has any.
    shown.stdout.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The verbs below one, as its help lists them.
fn verbs(help: &str) -> Vec<String> {
    let Some((_, list)) = help.split_once("Commands:\n") else { return Vec::new() };
    let list = list.split("\n\n").next().unwrap_or_default();
    let names = list.lines().filter(|line| !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

fn write_help(verb: &[&str], text: &mut String) {
    let shown = help(verb);
    text.push_str(&format!("$ ft {} --help\n{shown}\n", verb.join(" ")).replace("ft  --", "ft --"));
    for below in verbs(&shown) {
        write_help(&[verb, &[below.as_str()]].concat(), text);
    }
}

#[test]
fn the_help_of_each_verb_is_the_one_that_is_kept() {
    let mut now = String::new();
    write_help(&[], &mut now);
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/help.txt");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&kept, &now).unwrap();
    }
    let kept = std::fs::read_to_string(kept).unwrap();
    assert!(
        now == kept,
        "the help has changed; if that is meant: UPDATE_SNAPSHOTS=1 cargo test -p ft-cli help_of"
    );
}
