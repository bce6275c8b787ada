//! `ft simulate`, short.

use serde_json::Value;

use crate::process::run;

/// A file of this test's own, gone when dropped.
struct File(std::path::PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ft-simulate-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn the_articles_figures_stand_under_ours() {
    let ended = run(&["simulate", "seed", "--requests", "200"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    for words in ["HolySheep chain", "published", "1,842 ms", "94.2 %", "upstream calls"] {
        assert!(ended.stdout.contains(words), "{words}");
    }
}

#[test]
fn json_is_one_document_and_the_same_each_time() {
    let args = ["simulate", "seed", "--requests", "150", "--seed", "7", "--json"];
    let first = run(&args);
    let document: Value = serde_json::from_str(&first.stdout).unwrap();
    assert_eq!(document["simulated"], true);
    assert_eq!(document["seed"], 7);
    assert_eq!(document["runs"][0]["requests"], 150);
    assert_eq!(first.stdout, run(&args).stdout);
}

#[test]
fn a_page_is_written_beside_the_table() {
    let page = File::new("page.html", "");
    let ended = run(&["simulate", "seed", "--requests", "100", "--html", page.path()]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let text = std::fs::read_to_string(&page.0).unwrap();
    assert!(text.starts_with("<!doctype html>") && text.contains("<svg"));
}

#[test]
fn a_page_for_stdout_is_alone_there() {
    let ended = run(&["simulate", "seed", "--requests", "50", "--html", "-"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.starts_with("<!doctype html>") && ended.stdout.ends_with("</html>\n"));
    assert_eq!(run(&["simulate", "seed", "--html", "-", "--json"]).code, Some(2));
}

#[test]
fn a_shorter_run_says_what_it_left_out() {
    let ended = run(&["simulate", "three-hour-outage", "--duration", "1m"]);
    assert!(
        ended.stdout.contains("Note: Stopped after 1 min 0 s of 8 h 0 min"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("outages would have begun after the end"), "{}", ended.stdout);
}

#[test]
fn a_gateways_file_can_be_compared_with_the_scenarios_own_chain() {
    let config = File::new(
        "ft.toml",
        "[providers.holysheep]\nbase_url = \"https://api.holysheep.ai/v1\"\nkeys = [\"${NOT_SET_ANYWHERE}\"]\n\
         [[chains.default.tiers]]\nname = \"only\"\n\
         targets = [{ provider = \"holysheep\", model = \"gpt-4.1\" }]\n",
    );
    let ended = run(&[
        "simulate",
        "seed",
        "--requests",
        "100",
        "--seeds",
        "3",
        "--compare",
        "own",
        config.path(),
        "--json",
    ]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["a"]["name"], "own");
    assert_eq!(document["differences"][0]["figure"], "success");
    let alone = run(&["simulate", "seed", "--requests", "50", "--config", config.path()]);
    assert!(alone.stdout.contains("tier only"), "{}{}", alone.stdout, alone.stderr);
}

#[test]
fn the_return_is_worked_out_from_flags() {
    let ended = run(&["simulate", "seed", "--roi", "--requests", "300", "--hour", "$150"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for words in ["$150.00", "Arithmetic:", "$81,680.00", "$103,680.00"] {
        assert!(ended.stdout.contains(words), "{words} is not in\n{}", ended.stdout);
    }
}

#[test]
fn what_cannot_be_used_is_named_and_the_code_is_2() {
    let unknown = run(&["simulate", "sead"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("scenarios that ship: seed, three-hour-outage"));
    let wrong = File::new("wrong.toml", "requests = 10\n[traffic]\nrtae = \"4/s\"\n");
    let ended = run(&["simulate", wrong.path()]);
    assert_eq!(ended.code, Some(2));
    let place = format!("{}:3: traffic.rtae: unknown field", wrong.path());
    assert!(ended.stderr.contains(&place), "{}", ended.stderr);
    assert_eq!(run(&["simulate", "seed", "--hour", "$5"]).code, Some(2), "without --roi");
    assert_eq!(run(&["simulate", "no/such.toml"]).code, Some(2));
}
