//! LiteLLM's price file.

use ft_cost::{Catalogue, Day};

const FILE: &str = r#"{
  "sample_spec": {"litellm_provider": "one of …", "mode": "chat", "max_tokens": "see above"},
  "gpt-5.6": {
    "litellm_provider": "openai", "mode": "chat", "max_input_tokens": 922000, "max_output_tokens": 128000.0,
    "input_cost_per_token": 4e-06, "cache_read_input_token_cost": 4.0000000000000003e-07,
    "cache_creation_input_token_cost": 5e-06, "output_cost_per_token": 2e-05,
    "input_cost_per_token_above_272k_tokens": 8e-06, "output_cost_per_token_above_272k_tokens": 3e-05,
    "input_cost_per_token_batches": 2e-06, "supports_function_calling": true, "supports_vision": true,
    "deprecation_date": "2027-04-01", "source": "https://example.org/pricing"
  },
  "deepseek/deepseek-chat": {
    "litellm_provider": "deepseek", "mode": "chat", "max_input_tokens": 131072,
    "input_cost_per_token": 2.8e-07, "cache_read_input_token_cost": 2.8e-08, "output_cost_per_token": 4.2e-07
  },
  "deepseek-chat": {
    "litellm_provider": "deepseek", "mode": "chat", "max_input_tokens": 131072,
    "input_cost_per_token": 2.8e-07, "output_cost_per_token": 4.2e-07
  },
  "dall-e": {"litellm_provider": "openai", "mode": "image_generation"},
  "per-million": {
    "litellm_provider": "openai", "mode": "chat", "max_input_tokens": 1000,
    "input_cost_per_token": 2.0, "output_cost_per_token": 8.0
  },
  "unpriced": {"litellm_provider": "openai", "mode": "chat", "max_input_tokens": 1000},
  "zero": {
    "litellm_provider": "openai", "mode": "chat", "max_input_tokens": 1000,
    "input_cost_per_token": 0, "output_cost_per_token": 0.0
  },
  "tiered": {"litellm_provider": "qwen", "mode": "chat", "max_input_tokens": 1000, "tiered_pricing": []},
  "bad-date": {
    "litellm_provider": "openai", "mode": "chat", "max_input_tokens": 1000, "deprecation_date": "someday",
    "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06
  },
  "negative": {
    "litellm_provider": "openai", "mode": "chat", "max_input_tokens": 1000,
    "input_cost_per_token": -1e-06, "output_cost_per_token": 1e-06
  },
  "strange-tier": {
    "litellm_provider": "openai", "mode": "chat", "max_input_tokens": 1000, "input_cost_per_token": 1e-06,
    "output_cost_per_token": 1e-06, "output_cost_per_token_above_half_tokens": 2e-06
  },
  "dear-thoughts": {
    "litellm_provider": "openai", "mode": "chat", "max_input_tokens": 1000, "input_cost_per_token": 1e-06,
    "output_cost_per_token": 1e-06, "output_cost_per_reasoning_token": 3e-06
  },
  "no-object": 3
}"#;

#[test]
fn prices_are_read_from_their_text() {
    let import = Catalogue::import_litellm(FILE, "2026-11-22").unwrap();
    let wall = "2026-11-22".parse::<Day>().unwrap().starts();
    let price = import.catalogue.price("openai", "gpt-5.6", wall).unwrap();
    // The list of the catalogue that ships was taken from the same file, except for the cached tier.
    let shipped = Catalogue::builtin();
    let shipped = shipped.price("openai", "gpt-5.6", wall).unwrap();
    assert_eq!(price.rates, shipped.rates);
    assert_eq!(price.tiers[0].min_input_tokens, 272_001);
    assert_eq!(price.tiers[0].rates.output, shipped.tiers[0].rates.output);
    assert_eq!(price.source, "LiteLLM's price file, after https://example.org/pricing");
    let card = import.catalogue.card("openai", "gpt-5.6").unwrap();
    assert_eq!((card.context_window, card.max_output), (922_000, Some(128_000)));
    assert!(card.capabilities.tools && card.capabilities.vision && !card.capabilities.json);
    assert_eq!(card.deprecated_on.as_deref(), Some("2027-04-01"));
    let cached =
        import.catalogue.price("deepseek", "deepseek-chat", wall).unwrap().rates.cached_input;
    assert_eq!(cached, None, "the key without its provider's name comes first");
}

#[test]
fn what_cannot_be_read_is_listed_with_its_reason() {
    let import = Catalogue::import_litellm(FILE, "2026-11-22").unwrap();
    let skipped: Vec<_> = import.skipped.iter().map(|skip| skip.model.as_str()).collect();
    assert_eq!(
        skipped,
        [
            "bad-date",
            "dear-thoughts",
            "deepseek/deepseek-chat",
            "negative",
            "no-object",
            "per-million",
            "strange-tier",
            "tiered",
            "unpriced",
            "zero"
        ]
    );
    let why = |model: &str| {
        let skipped = import.skipped.iter().find(|skip| skip.model == model).unwrap();
        skipped.why.clone()
    };
    assert!(why("per-million").contains("input_cost_per_token: 2000000.00 dollars per million"));
    assert!(why("zero").contains("is zero"));
    assert!(why("bad-date").starts_with("deprecated_on"));
    assert_eq!(import.catalogue.len(), 2);
}

#[test]
fn an_import_keeps_qualities_that_were_judged() {
    let mut catalogue = Catalogue::builtin();
    let before = catalogue.card("openai", "gpt-5.6").unwrap().quality;
    catalogue.extend(Catalogue::import_litellm(FILE, "2026-11-22").unwrap().catalogue);
    let row = catalogue.row("openai", "gpt-5.6").unwrap();
    assert_eq!(row.card.quality.to_bits(), before.to_bits());
    assert!(row.source.starts_with("LiteLLM's price file"));
}

#[test]
fn files_that_are_no_price_files_are_refused() {
    let error = |json, day| Catalogue::import_litellm(json, day).unwrap_err().to_string();
    assert_eq!(error("[1,\n2]", "2026-11-22"), "file: line 1: must be a JSON object of models");
    assert_eq!(error("{\"a\":\n\n", "2026-11-22"), "file: line 3: must be a JSON object of models");
    assert!(error("{}", "yesterday").starts_with("file: as_of: "));
}
