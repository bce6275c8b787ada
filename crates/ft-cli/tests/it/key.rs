//! `ft key new`: a key, and what configuration holds of it.

use serde_json::Value;

use crate::check::Written;
use crate::process::run;

#[test]
fn a_key_is_printed_once_with_the_lines_that_let_it_in() {
    let made = run(&["key", "new", "web"]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let (key, toml) = made.stdout.split_once('\n').unwrap();
    assert!(key.starts_with("sk-ft-") && key.len() == 54, "{key}");
    assert!(!toml.contains(key) && !made.stderr.contains(key));
    assert_ne!(run(&["key", "new", "web"]).stdout.lines().next(), Some(key));

    let file = format!(
        "[providers.p]\nbase_url = \"http://127.0.0.1:9/v1\"\n[[chains.default.tiers]]\nname = \"t\"\n\
         targets = [{{ provider = \"p\", model = \"m\" }}]\n[server]\nlisten = \"0.0.0.0:8080\"\n{toml}"
    );
    let file = Written::new("key", &file);
    let checked = run(&["check", &file.path()]);
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
    assert!(checked.stdout.contains("web"), "{}", checked.stdout);
}

#[test]
fn as_json_it_is_one_document_and_a_strange_name_is_refused() {
    let made = run(&["key", "new", "my.app", "--json"]);
    let made: Value = serde_json::from_str(&made.stdout).unwrap();
    assert_eq!(made["key_sha256"].as_str().unwrap().len(), 64);
    assert!(made["toml"].as_str().unwrap().starts_with("[callers.\"my.app\"]\n"));
    let wrong = run(&["key", "new", "my app"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("letters"), "{}", wrong.stderr);
}
