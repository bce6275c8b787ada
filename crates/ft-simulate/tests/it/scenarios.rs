//! The scenarios that ship, a trace, a client's configuration.

use ft_client::config::ClientConfig;
use ft_simulate::{Options, Scenario, Trace, shipped, simulate};

use crate::{played, scenario};

#[test]
fn every_scenario_that_ships_can_be_played_and_shown() {
    for found in shipped() {
        let scenario = scenario(found.name);
        assert_eq!(scenario.name, found.name);
        assert!(!scenario.about.is_empty());
        let report = played(found.name, 200);
        assert!(report.to_table().contains("upstream calls"), "{}", found.name);
        let page = report.to_html();
        assert!(page.ends_with("</html>\n"), "{}", found.name);
        for outside in ["http://", "https://", "<script", "@import", "url("] {
            assert!(!page.contains(outside), "{}: {outside}", found.name);
        }
    }
}

#[test]
fn a_page_shows_names_of_others_as_text() {
    let text = shipped()[0].text.replace("OpenAI alone", "<b>alone</b> & \\\"quoted\\\"");
    let scenario = Scenario::from_toml(&text, "seed").unwrap();
    let page = crate::played_with(&scenario, 100).to_html();
    assert!(page.contains("&lt;b&gt;alone&lt;/b&gt; &amp; &quot;quoted&quot;"));
    assert!(!page.contains("<b>alone"));
}

#[test]
fn a_recorded_trace_is_played_as_it_was() {
    let trace = "{\"at_ms\": 0, \"prompt\": \"00000000000000aa\", \"prompt_tokens\": 10}\n\
                 {\"at_ms\": 60000, \"prompt\": \"00000000000000aa\", \"prompt_tokens\": 10}\n\
                 {\"at_ms\": 61000, \"prompt_bytes\": 400, \"stream\": true}\n";
    let trace = Some(Trace::from_jsonl(trace, "trace.jsonl").unwrap());
    let options = Options { trace, ..Options::default() };
    let scenario = Scenario::from_toml(
        "[traffic]\n[providers.p]\nmodels.\"*\" = { latency = \"100ms\" }\n\
         [[chains.default.tiers]]\nname = \"only\"\ntargets = [{ provider = \"p\", model = \"m\" }]\n\
         [chains.default.cache]\nfresh_for = \"10m\"\n\
         [traffic_is_recorded]\n",
        "s.toml",
    );
    assert!(scenario.unwrap_err().to_string().contains("traffic_is_recorded"));
    let scenario = Scenario::from_toml(
        "requests = 10\n[traffic]\n[providers.p]\nmodels.\"*\" = { latency = \"100ms\" }\n\
         [[chains.default.tiers]]\nname = \"only\"\ntargets = [{ provider = \"p\", model = \"m\" }]\n\
         [chains.default.cache]\nfresh_for = \"10m\"\n",
        "s.toml",
    )
    .unwrap();
    let run = &simulate(&scenario, &options, |_, _| {}).unwrap().runs[0];
    assert_eq!((run.requests, run.fresh, run.streamed), (3, 1, 1));
    assert!((run.simulated_seconds - 61.1).abs() < 1e-9, "{}", run.simulated_seconds);
    assert_eq!(run.tokens.prompt, 110);
}

#[test]
fn a_clients_own_configuration_takes_the_place_of_the_scenarios_chains() {
    let text = "[providers.openai]\nbase_url = \"https://api.openai.com/v1\"\nkeys = [\"k1\", \"k2\"]\n\
                [[chains.default.tiers]]\nname = \"mine\"\n\
                targets = [{ provider = \"openai\", model = \"gpt-4.1\" }]\n";
    let config = Some(ClientConfig::from_toml(text, |_| None).unwrap());
    let options = Options { requests: Some(300), config, ..Options::default() };
    let report = simulate(&scenario("seed"), &options, |_, _| {}).unwrap();
    assert_eq!(report.runs.len(), 1);
    assert_eq!(report.runs[0].live[0].name, "mine");
    assert_eq!(report.runs[0].targets[0].provider, "openai");
}
