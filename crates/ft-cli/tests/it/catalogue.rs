//! `ft models` and `ft cost`: what models cost.

use serde_json::Value;

use crate::check::Written;
use crate::process::{Ended, piped, run};

fn json(args: &[&str]) -> Value {
    let Ended { code, stdout, stderr } = run(args);
    assert_eq!(code, Some(0), "{args:?}: {stderr}");
    serde_json::from_str(&stdout).unwrap()
}

const OWN: &str = r#"
[providers.mine]
base_url = "http://127.0.0.1:9/v1"
[[chains.default.tiers]]
name = "only"
targets = [{ provider = "mine", model = "llama" }]
[[models]]
profile = "mine"
model = "llama"
context_window = 4000
as_of = "2020-01-01"
deprecated_on = "2021-01-01"
prices = [{ input = "0.1", output = "0.2" }]
"#;

#[test]
fn models_are_listed_by_profile_in_eighty_columns() {
    let listed = run(&["models"]);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    for part in
        ["holysheep\n", "openai\n", "gpt-4.1", "128,000", "2.00", "8.00", "0.98", "gone 2026-10-23"]
    {
        assert!(listed.stdout.contains(part), "{part} is missing in:\n{}", listed.stdout);
    }
    for line in listed.stdout.lines() {
        assert!(line.chars().count() <= 90, "too wide: {line}");
    }
    let one = json(&["models", "--profile", "holysheep", "--json"]);
    let models: Vec<_> = one.as_array().unwrap().iter().map(|row| &row["model"]).collect();
    assert_eq!(models, ["claude-sonnet-4.5", "deepseek-v3.2", "gemini-2.5-flash", "gpt-4.1"]);
    assert_eq!(one[3]["price_per_million"]["output"], "8.00");
}

#[test]
fn the_rows_of_a_configuration_are_listed_with_their_age() {
    let file = Written::new("models", OWN);
    let listed = run(&["models", "--config", &file.path(), "--profile", "mine"]);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    for part in ["llama", "4,000", "2020-01-01!", "gone 2021-01-01"] {
        assert!(listed.stdout.contains(part), "{part} is missing in:\n{}", listed.stdout);
    }
    let row = &json(&["models", "--config", &file.path(), "--profile", "mine", "--json"])[0];
    assert_eq!((&row["stale"], &row["deprecated"]), (&Value::from(true), &Value::from(true)));

    let checked = run(&["cost", "--check", "--config", &file.path(), "--profile", "mine"]);
    assert_eq!(checked.code, Some(1), "{}", checked.stdout);
    for part in ["mine/llama: deprecated since 2021-01-01", "the price is of 2020-01-01"] {
        assert!(checked.stdout.contains(part), "{}", checked.stdout);
    }
}

#[test]
fn costs_are_sorted_and_exact() {
    let all = json(&[
        "cost",
        "--prompt-tokens",
        "1000000",
        "--output-tokens",
        "1000",
        "--profile",
        "holysheep",
        "--json",
    ]);
    let rows: Vec<_> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["model"].as_str().unwrap(),
                row["expected_usd"].as_str(),
                row["fits"].as_bool().unwrap(),
            )
        })
        .collect();
    // What does not fit is not answered, and costs nothing that could be told.
    assert_eq!(
        rows,
        [
            ("deepseek-v3.2", None, false),
            ("gemini-2.5-flash", None, false),
            ("gpt-4.1", None, false),
            ("claude-sonnet-4.5", None, false),
        ]
    );
    for tokens in ["20000", "60000", "120000"] {
        let rows = json(&["cost", "--prompt-tokens", tokens, "--json"]);
        for row in rows.as_array().unwrap().iter().filter(|row| row["expected_usd"].is_string()) {
            let dollars = |key: &str| row[key].as_str().unwrap()[1..].parse::<f64>().unwrap();
            assert!(dollars("most_usd") >= dollars("expected_usd"), "{row}");
        }
    }
    let small = json(&["cost", "--prompt-tokens", "100_000", "--profile", "holysheep", "--json"]);
    assert_eq!(small[0]["model"], "gemini-2.5-flash");
    assert_eq!(small[3]["model"], "deepseek-v3.2", "64,000 tokens are too few");
}

#[test]
fn a_billing_shows_what_is_charged_and_saved() {
    let args =
        ["cost", "--prompt-tokens", "1000", "--profile", "holysheep", "--billing", "holysheep"];
    let shown = run(&args);
    for part in ["CHARGED", "SAVED", "86.3 %"] {
        assert!(shown.stdout.contains(part), "{part} is missing in:\n{}", shown.stdout);
    }
    let row = &json(&[&args[..], &["--json"]].concat())[0];
    assert!(row["charged_usd"].is_string() && row["saving_usd"].is_string(), "{row}");
}

#[test]
fn a_question_and_a_body_are_counted() {
    let one = json(&["cost", "--profile", "holysheep", "--json", "Explain quantum entanglement"]);
    assert!((4..40).contains(&one[0]["prompt_tokens"].as_u64().unwrap()), "{one}");
    let body =
        r#"{"model": "x", "max_tokens": 7, "messages": [{"role": "user", "content": "Hi"}]}"#;
    let read =
        piped(&["cost", "--profile", "holysheep", "--json", "--request", "-"], body.as_bytes());
    let read: Value = serde_json::from_str(&read.stdout).unwrap();
    assert_eq!(read[0]["output_tokens"], 7);
}

#[test]
fn a_price_file_of_litellm_is_put_over_the_catalogue() {
    let file = r#"{
      "acme/fast": {"litellm_provider": "acme", "mode": "chat", "max_input_tokens": 8000, "max_output_tokens": 1000,
        "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06},
      "acme/odd": {"litellm_provider": "acme", "mode": "chat", "max_input_tokens": 8000}
    }"#;
    let file = Written::new("litellm", file);
    let args = [
        "cost",
        "--litellm",
        &file.path(),
        "--as-of",
        "2026-11-01",
        "--prompt-tokens",
        "1000",
        "--profile",
        "acme",
    ];
    let shown = run(&args);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    assert!(shown.stderr.contains("1 rows read, 1 left out, such as acme/odd"), "{}", shown.stderr);
    assert!(shown.stdout.contains("$0.002000"), "{}", shown.stdout);
    let wrong = run(&["cost", "--litellm", &file.path(), "--as-of", "soon", "--check"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("--as-of"), "{}", wrong.stderr);
}

#[test]
fn what_cannot_be_estimated_is_a_sentence() {
    for (args, word) in [
        (["cost"].as_slice(), "--prompt-tokens"),
        (&["cost", "--prompt-tokens", "0"], "from 1 to"),
        (&["cost", "--prompt-tokens", "5", "hi"], "cannot be used with"),
        (&["cost", "--profile", "nope", "--check"], "holysheep"),
        (&["cost", "--request", "no/such.json"], "no/such.json"),
        (&["cost", "--litellm", "no/such.json", "--check"], "no/such.json"),
        (&["cost", " "], "empty"),
        (&["models", "--profile", "nope"], "holysheep"),
        (&["models", "--config", "no/such.toml"], "no/such.toml"),
    ] {
        let ended = run(args);
        assert_eq!(ended.code, Some(2), "{args:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(word), "{args:?}: {}", ended.stderr);
    }
}
