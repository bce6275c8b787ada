//! LiteLLM's price file, read into rows.
//!
//! The file is a JSON object of models, with dollars per single token as floats. The numbers are read from
//! their text, so that `2.8e-08` is exactly 0.028 dollars per million.

use std::collections::BTreeMap;

use ft_core::{Capabilities, ModelCard};
use serde_json::value::RawValue;

use super::{Catalogue, CatalogueError, Row};
use crate::{Day, InvalidRate, Price, Rate, Rates, Tier};

/// What an import brought.
#[derive(Clone, Debug, PartialEq)]
pub struct LiteLlmImport {
    /// The rows that could be read; each profile is named as LiteLLM names the provider.
    pub catalogue: Catalogue,
    /// The chat models that could not, and why. Models for images, speech and embeddings are not counted.
    pub skipped: Vec<Skipped>,
}

/// A chat model of a price file that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its key in the file.
    pub model: String,
    /// The reason.
    pub why: String,
}

impl Catalogue {
    /// Reads a price file of LiteLLM (`model_prices_and_context_window.json`).
    ///
    /// `as_of` is the day of the file, which the file itself does not say. A key such as `deepseek/deepseek-chat`
    /// loses its provider's name. Tiers "above 200k" become tiers from 200,001 on. Batch, flex and priority
    /// tariffs are not read. A model whose price is missing, zero or outside of the sane range is skipped:
    /// an unknown price is better than a wrong one. Qualities are not in the file, so
    /// [`extend`](Catalogue::extend) keeps those that were judged before.
    ///
    /// # Errors
    /// A text that is no such JSON object, with its line, and an `as_of` that is no date.
    pub fn import_litellm(json: &str, as_of: &str) -> Result<LiteLlmImport, CatalogueError> {
        let as_of = as_of.parse().map_err(|error| CatalogueError::new("file", "as_of", error))?;
        let models: BTreeMap<String, &RawValue> = serde_json::from_str(json).map_err(|error| {
            let field = format_args!("line {}", error.line()).to_string();
            CatalogueError::new("file", field, "must be a JSON object of models")
        })?;
        let mut import = LiteLlmImport { catalogue: Self::empty(), skipped: Vec::new() };
        for (key, entry) in models {
            let outcome = serde_json::from_str(entry.get())
                .map_err(|_| "must be an object".to_owned())
                .and_then(|fields| read(&key, &Entry(fields), as_of));
            match outcome {
                Ok(None) => {}
                Ok(Some(row))
                    if import.catalogue.row(&row.card.provider, &row.card.model).is_some() =>
                {
                    import.skip(
                        key,
                        "the file has this model of this provider under another key too",
                    );
                }
                Ok(Some(row)) => match import.catalogue.override_row(row) {
                    Ok(()) => {}
                    Err(error) => {
                        import.skip(key, format_args!("{}: {}", error.field(), error.rule()))
                    }
                },
                Err(why) => import.skip(key, why),
            }
        }
        Ok(import)
    }
}

impl LiteLlmImport {
    fn skip(&mut self, model: String, why: impl std::fmt::Display) {
        self.skipped.push(Skipped { model, why: why.to_string() });
    }
}

/// The row of a model; `None` when it is not one for chat.
fn read(key: &str, entry: &Entry<'_>, as_of: Day) -> Result<Option<Row>, String> {
    let (Some(provider), Some("chat" | "responses")) =
        (entry.text("litellm_provider"), entry.text("mode"))
    else {
        return Ok(None);
    };
    // The example that documents the file's fields.
    if key == "sample_spec" {
        return Ok(None);
    }
    if entry.0.contains_key("tiered_pricing") {
        return Err("tiered_pricing is not read".into());
    }
    let window = entry.count("max_input_tokens").or_else(|| entry.count("max_tokens"));
    let window = window.ok_or("max_input_tokens is missing")?;
    let model = key.strip_prefix(provider).and_then(|rest| rest.strip_prefix('/')).unwrap_or(key);
    let mut card = ModelCard::new(provider, model, window);
    card.max_output = entry.count("max_output_tokens");
    card.deprecated_on = entry.text("deprecation_date").map(Into::into);
    card.capabilities = Capabilities {
        tools: entry.flag("supports_function_calling"),
        vision: entry.flag("supports_vision"),
        json: entry.flag("supports_response_schema"),
        prefill: entry.flag("supports_assistant_prefill"),
    };
    let base = Rates {
        input: entry.rate("input_cost_per_token", "")?.ok_or("input_cost_per_token is missing")?,
        cached_input: entry.rate("cache_read_input_token_cost", "")?,
        cache_write: entry.rate("cache_creation_input_token_cost", "")?,
        output: entry
            .rate("output_cost_per_token", "")?
            .ok_or("output_cost_per_token is missing")?,
    };
    if entry.rate("output_cost_per_reasoning_token", "")?.is_some_and(|rate| rate != base.output) {
        return Err("output_cost_per_reasoning_token differs from output_cost_per_token".into());
    }
    let source = match entry.text("source") {
        Some(page) => format!("LiteLLM's price file, after {page}"),
        None => "LiteLLM's price file".into(),
    };
    let mut price = Price::new(base, source.clone(), as_of);
    for (min_input_tokens, suffix) in entry.tiers()? {
        let rates = Rates {
            input: entry.rate("input_cost_per_token", suffix)?.unwrap_or(base.input),
            cached_input: entry.rate("cache_read_input_token_cost", suffix)?.or(base.cached_input),
            cache_write: entry
                .rate("cache_creation_input_token_cost", suffix)?
                .or(base.cache_write),
            output: entry.rate("output_cost_per_token", suffix)?.unwrap_or(base.output),
        };
        price.tiers.push(Tier { min_input_tokens, rates });
    }
    Ok(Some(Row::new(card, source, as_of).with_price(price)))
}

/// The fields of one model, each as its text.
struct Entry<'a>(BTreeMap<String, &'a RawValue>);

impl Entry<'_> {
    fn raw(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(|raw| raw.get()).filter(|text| *text != "null")
    }

    /// A string without escapes; others do not occur where one is asked for.
    fn text(&self, field: &str) -> Option<&str> {
        let text = self.raw(field)?.strip_prefix('"')?.strip_suffix('"')?;
        (!text.contains('\\')).then_some(text)
    }

    fn count(&self, field: &str) -> Option<u64> {
        let text = self.raw(field)?;
        text.strip_suffix(".0").unwrap_or(text).parse().ok()
    }

    fn flag(&self, field: &str) -> bool {
        self.raw(field) == Some("true")
    }

    fn rate(&self, field: &str, suffix: &str) -> Result<Option<Rate>, String> {
        let field = format!("{field}{suffix}");
        let Some(text) = self.raw(&field) else { return Ok(None) };
        let text = text.trim_matches('"');
        Rate::per_token(text).map(Some).map_err(|error: InvalidRate| format!("{field}: {error}"))
    }

    /// The thresholds of long-context tiers, rising, with the suffix of their fields.
    ///
    /// A threshold that is written in another way must not be passed over: the price would be too low.
    fn tiers(&self) -> Result<BTreeMap<u64, &str>, String> {
        let mut tiers = BTreeMap::new();
        for field in self.0.keys() {
            let of = |kind| field.strip_prefix(kind).filter(|rest| rest.starts_with("_above_"));
            let Some(suffix) = of("input_cost_per_token").or_else(|| of("output_cost_per_token"))
            else {
                continue;
            };
            // Suffixes that go on name a tariff, such as `_above_200k_tokens_batches`.
            let Some(threshold) = suffix["_above_".len()..].strip_suffix("_tokens") else {
                continue;
            };
            let thousands =
                threshold.strip_suffix('k').and_then(|number| number.parse::<u64>().ok());
            let thousands =
                thousands.ok_or_else(|| format!("{field} has a threshold that is not read"))?;
            tiers.insert(thousands.saturating_mul(1_000).saturating_add(1), suffix);
        }
        Ok(tiers)
    }
}
