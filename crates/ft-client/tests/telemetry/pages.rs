//! The documentation, the alerts and the dashboard name what there is, and all of it.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use ft_client::config::SpendSettings;
use ft_client::telemetry::FAMILIES;
use ft_cost::Pico;
use ft_sim::{Reply, Scripts};

use crate::exposition::Scrape;
use crate::scene::scene_with;

fn docs(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(docs(path)).unwrap_or_else(|error| panic!("docs/{path}: {error}"))
}

/// A text with a series of every family in it, after some traffic.
async fn rendered() -> String {
    let budget = SpendSettings::per_day(Pico::from_dollars(5));
    let scripts = Scripts::new().model(crate::scene::FIRST, Reply::down()).otherwise(Reply::ok());
    let scene = scene_with(scripts, |target| target, |builder| builder.spend(budget));
    for _ in 0..7 {
        scene.client.generate("hi").await.unwrap();
    }
    scene.text()
}

/// What a gateway adds stands in the same table, and is shown by its own tests.
fn is_gateways(name: &str) -> bool {
    let of = [
        "ai_api_caller_",
        "ai_api_http_",
        "ai_api_client_",
        "ai_api_log_",
        "ft_accept_",
        "ft_connections",
    ];
    of.iter().any(|prefix| name.starts_with(prefix))
}

/// The article's names, and those of what came later.
const PREFIXES: [&str; 2] = ["ai_api_", "ft_"];

/// Words in a text that look like names of metrics of a client.
fn names(text: &str) -> BTreeSet<String> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| PREFIXES.iter().any(|prefix| word.starts_with(prefix)))
        // A crate, in the filters of the log.
        .filter(|word| !is_gateways(word) && *word != "ft_client")
        .map(str::to_owned)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_table_of_operations_has_each_metric_as_it_is_rendered_and_no_other() {
    let scrape = Scrape::read(&rendered().await);
    let page = read("operations.md");
    let rows = page.lines().filter_map(|line| {
        let prefix = PREFIXES.iter().find(|prefix| line.starts_with(&format!("| `{prefix}")))?;
        let row = line.strip_prefix("| `")?.strip_prefix(prefix)?;
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [name, kind, labels, _meaning, ""] = cells[..] else { panic!("four cells: {line}") };
        let labels: Vec<_> = labels.split(", ").map(|label| label.trim_matches('`')).collect();
        let labels: Vec<_> = labels.into_iter().filter(|label| !label.is_empty()).collect();
        Some((format!("{prefix}{}", name.trim_matches('`')), kind.to_owned(), labels.join(",")))
    });
    let rows: Vec<_> = rows.filter(|(name, ..)| !is_gateways(name)).collect();
    let expected: Vec<_> = FAMILIES
        .iter()
        .map(|family| {
            (family.name.to_owned(), family.kind.as_str().to_owned(), family.labels.join(","))
        })
        .collect();
    assert_eq!(rows, expected);
    let rendered: BTreeSet<_> = scrape.kind.keys().cloned().collect();
    assert_eq!(rendered, rows.into_iter().map(|(name, ..)| name).collect());
    let known: BTreeSet<_> = rendered;
    assert_eq!(names(&page).difference(&known).count(), 0, "{:?}", names(&page).difference(&known));
}

#[tokio::test(start_paused = true)]
async fn values_of_labels_in_operations_are_those_that_are_rendered() {
    let scrape = Scrape::read(&rendered().await);
    let page = read("operations.md");
    let words: BTreeSet<_> = page.split('`').skip(1).step_by(2).collect();
    for (family, label) in [
        ("ai_api_requests_total", "status"),
        ("ai_api_skips_total", "reason"),
        ("ai_api_fallbacks_total", "reason"),
        ("ai_api_gates_shut", "reason"),
        ("ai_api_breaker_state", "state"),
        ("ai_api_cache_results_total", "result"),
        ("ai_api_tokens_total", "type"),
        ("ai_api_truncations_total", "part"),
    ] {
        for sample in scrape.samples.iter().filter(|sample| sample.family == family) {
            let value = sample.labels[label].as_str();
            assert!(
                words.contains(value)
                    || words.iter().any(|word| word.contains(&format!("\"{value}\"")))
                    || ["input", "output"].contains(&value),
                "docs/operations.md does not say what {family}{{{label}=\"{value}\"}} is"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn alerts_ask_for_series_that_there_are_and_have_a_runbook() {
    let scrape = Scrape::read(&rendered().await);
    let lines: BTreeSet<_> = scrape.samples.iter().map(|sample| sample.name.clone()).collect();
    let page = read("operations.md");
    let rules = read("alerts/ft.yml");
    for name in names(&rules) {
        assert!(lines.contains(&name), "docs/alerts/ft.yml asks for {name}");
    }
    for name in names(&read("alerts/ft-test.yml")) {
        assert!(lines.contains(&name), "docs/alerts/ft-test.yml makes {name} up");
    }
    let field = |name: &str| -> Vec<String> {
        let start = format!("{name}: ");
        let values = rules.lines().filter_map(|line| {
            line.trim()
                .trim_start_matches("- ")
                .strip_prefix(&start)
                .map(|value| value.trim_matches('"').to_owned())
        });
        values.collect()
    };
    let alerts = field("alert");
    for seed in ["AIFallbackRateHigh", "AILatencyHigh", "AISuccessRateLow"] {
        assert!(alerts.iter().any(|alert| alert == seed), "{seed}");
    }
    let runbooks = field("runbook");
    assert_eq!(runbooks.len(), alerts.len(), "each alert has a runbook");
    let headings: BTreeSet<_> =
        page.lines().filter_map(|line| line.strip_prefix("### ")).map(str::to_lowercase).collect();
    for runbook in runbooks {
        let anchor =
            runbook.strip_prefix("docs/operations.md#").expect("runbooks are in operations.md");
        assert!(headings.contains(anchor), "docs/operations.md has no heading for {runbook}");
    }
    // A ratio over little traffic says nothing, so the seed's three have a guard.
    for (at, _) in rules.match_indices("- alert: ") {
        let rule = rules[at..].split("labels:").next().unwrap();
        let ratio = ["AIFallbackRateHigh", "AILatencyHigh", "AIFirstTokenLate", "AISuccessRateLow"];
        if ratio.iter().any(|name| rule.starts_with(&format!("- alert: {name}\n"))) {
            assert!(rule.contains(">= 20"), "{rule}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_dashboard_asks_for_series_that_there_are_and_shows_every_family() {
    let scrape = Scrape::read(&rendered().await);
    let lines: BTreeSet<_> = scrape.samples.iter().map(|sample| sample.name.as_str()).collect();
    let dashboard: serde_json::Value = serde_json::from_str(&read("grafana/ft.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut asked = BTreeSet::new();
    for panel in panels {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let expr = target["expr"].as_str().unwrap();
            for name in names(expr) {
                assert!(lines.contains(name.as_str()), "{} asks for {name}", panel["title"]);
                asked.insert(name.trim_end_matches("_bucket").to_owned());
            }
            assert!(!expr.contains("rate(") || expr.contains("[$__rate_interval]"), "{expr}");
        }
    }
    let shown: BTreeSet<_> = FAMILIES.iter().map(|family| family.name.to_owned()).collect();
    let missing: Vec<_> = shown.difference(&asked).collect();
    // The seed's gauge is kept for dashboards that there are; a new one should not begin with it.
    assert_eq!(missing, ["ai_api_fallback_rate"]);
    assert!(dashboard["uid"].is_string() && dashboard.get("id").is_none());
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "panels have ids of their own");
}

/// Runs Prometheus' own checker, or says that it is not there.
fn promtool(arguments: &[&str], input: Option<&str>) -> Option<(bool, String)> {
    let tool = std::env::var("PROMTOOL").unwrap_or_else(|_| "promtool".to_owned());
    let child = Command::new(tool)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        // Past the test harness's capture, so that a green run does not hide it.
        let said = format!(
            "\nNOT CHECKED: promtool is not installed (Debian: prometheus): {arguments:?}\n"
        );
        std::io::stderr().lock().write_all(said.as_bytes()).unwrap();
        return None;
    };
    child.stdin.take().unwrap().write_all(input.unwrap_or_default().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

#[tokio::test(start_paused = true)]
async fn promtool_finds_nothing_to_say_of_the_metrics() {
    let text = rendered().await;
    if let Some((well, said)) = promtool(&["check", "metrics"], Some(&text)) {
        assert!(well && said.trim().is_empty(), "{said}");
    }
}

#[test]
fn promtool_takes_the_rules_and_they_fire_when_they_should() {
    let (rules, tests) = (docs("alerts/ft.yml"), docs("alerts/ft-test.yml"));
    for (arguments, file) in [(["check", "rules"], rules), (["test", "rules"], tests)] {
        let file = file.to_string_lossy().into_owned();
        if let Some((well, said)) = promtool(&[arguments[0], arguments[1], &file], None) {
            assert!(well, "{said}");
        }
    }
}

#[test]
fn promtool_reads_every_expression_of_the_dashboard() {
    let dashboard: serde_json::Value = serde_json::from_str(&read("grafana/ft.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let rules: Vec<_> = targets
        .enumerate()
        .map(|(nth, target)| {
            let expr = target["expr"].as_str().unwrap().replace("$__rate_interval", "5m");
            serde_json::json!({"record": format!("panel:{nth}"), "expr": expr})
        })
        .collect();
    assert!(rules.len() > 20);
    // JSON is YAML too.
    let file = serde_json::json!({"groups": [{"name": "dashboard", "rules": rules}]}).to_string();
    let path = std::env::temp_dir().join(format!("ft-dashboard-{}.yml", std::process::id()));
    std::fs::write(&path, file).unwrap();
    let checked = promtool(&["check", "rules", &path.to_string_lossy()], None);
    std::fs::remove_file(&path).unwrap();
    if let Some((well, said)) = checked {
        assert!(well, "{said}");
    }
}
