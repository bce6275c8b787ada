//! An optimised binary, once from end to end: `ft demo --json` shows a chain surviving an outage.

use std::path::Path;

use serde::de::IgnoredAny;

use crate::Outcome;
use crate::process::Cmd;

/// Builds the binary, and runs its demo if it has one.
///
/// # Errors
/// When the build or the demo fails, or the demo's output is not JSON.
pub(super) fn run(root: &Path, missing: &mut Vec<String>) -> Outcome<()> {
    shown("build --profile ci", root)?;
    let help = shown("run --profile ci --quiet -- --help", root)?;
    if !lists_verb(&help, "demo") {
        missing.push("the demo: `ft --help` does not list it".to_owned());
        return Ok(());
    }
    let output = shown("run --profile ci --quiet -- demo --json", root)?;
    let values = json_values(&output)?;
    println!("the demo printed {values} JSON values");
    Ok(())
}

fn shown(line: &str, root: &Path) -> Outcome<String> {
    let command = Cmd::cargo(line);
    println!("$ {command}");
    command.output(root)
}

fn lists_verb(help: &str, verb: &str) -> bool {
    help.lines().any(|line| line.starts_with(' ') && line.split_whitespace().next() == Some(verb))
}

/// How many JSON values the text is; anything else in it is an error.
fn json_values(text: &str) -> Outcome<usize> {
    let mut values = 0;
    for value in serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>() {
        value.map_err(|error| format!("the demo's output is not JSON: {error}"))?;
        values += 1;
    }
    if values == 0 { Err("the demo printed nothing".into()) } else { Ok(values) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verb_is_found_in_the_list_and_not_in_prose() {
        assert!(lists_verb("Commands:\n  demo   Watch a chain\n", "demo"));
        assert!(!lists_verb("The demo is not here yet.\n  chat   Ask\n", "demo"));
    }

    #[test]
    fn the_demo_prints_json_and_nothing_else() {
        assert_eq!(json_values("{\"a\": 1}\n{\"b\": 2}\n").unwrap(), 2);
        assert!(json_values("").is_err());
        assert!(json_values("{\"a\": 1}\nwarning\n").is_err());
    }
}
