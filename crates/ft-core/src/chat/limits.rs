//! How much of an answer a request may be billed for, read as the least favourable provider would.
//!
//! A request can state its limit in several fields, and servers differ in which they read: old vLLM, Ollama and TGI
//! know `max_tokens` alone, llama.cpp lets `n_predict` go before it, OpenAI counts reasoning in, others beside it.
//! Whoever reserves money for a request must be right with all of them, so the largest of all that are sent counts.

use serde_json::Value;

use super::{ChatRequest, Extra};

/// Other names of the output limit: llama.cpp's, Hugging Face's, those of newer and of older APIs.
const OTHER_LIMITS: [&str; 6] = [
    "n_predict",
    "num_predict",
    "max_new_tokens",
    "max_output_tokens",
    "max_tokens_to_sample",
    "max_length",
];

/// Other names of the number of answers, all of which are made and billed: vLLM's, Hugging Face's, Gemini's.
const OTHER_CHOICES: [&str; 3] = ["best_of", "num_return_sequences", "candidate_count"];

/// Where vendors look for a number of tokens to reason with, as paths of fields.
const REASONING_BUDGETS: [&[&str]; 7] = [
    &["thinking", "budget_tokens"],
    &["thinking_budget"],
    &["reasoning", "max_tokens"],
    &["reasoning_budget"],
    &["thinking_token_budget"],
    &["chat_template_kwargs", "thinking_budget"],
    &["extra_body", "google", "thinking_config", "thinking_budget"],
];

/// Where vendors are asked to reason, in words or by a switch.
const REASONING_SWITCHES: [&[&str]; 10] = [
    &["reasoning_effort"],
    &["reasoning", "effort"],
    &["reasoning", "enabled"],
    &["reasoning"],
    &["thinking", "type"],
    &["thinking"],
    &["enable_thinking"],
    &["chat_template_kwargs", "enable_thinking"],
    &["chat_template_kwargs", "thinking"],
    &["extra_body", "google", "thinking_config", "thinking_level"],
];

/// How much reasoning a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reasoning {
    NotAsked,
    AtMost(u64),
    Unbounded,
}

/// A limit as a field states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stated {
    AtMost(u64),
    /// Such as -1: as much as there is.
    Unbounded,
}

impl ChatRequest {
    /// The most tokens that one answer may have: the largest of all limits that the request states, for nobody knows
    /// which of them a provider reads. `None` when neither `max_tokens` nor `max_completion_tokens` is set, or when
    /// a limit beside them is stated to be none.
    ///
    /// Reasoning may come on top; see [`billed_output_limit`](Self::billed_output_limit).
    #[must_use]
    pub fn output_limit(&self) -> Option<u64> {
        let known = self.max_tokens.max(self.max_completion_tokens)?;
        self.with_other_limits(known)
    }

    /// The most tokens of one answer that may be billed as output: [`output_limit`](Self::output_limit), and the
    /// reasoning that is asked for and that a provider may count beside it. `None` when nothing bounds them but the
    /// model.
    ///
    /// A number of tokens for reasoning is added to the limit. Reasoning asked for in words leaves `max_tokens` no
    /// bound, while `max_completion_tokens` alone includes it by its definition.
    ///
    /// ```
    /// use ft_core::ChatRequest;
    ///
    /// let request = ChatRequest::user("Why?").with_max_tokens(100);
    /// assert_eq!(request.billed_output_limit(), Some(100));
    /// let mut reasoning = request.clone();
    /// reasoning.extra.insert("thinking_budget".to_owned(), 4_000.into());
    /// assert_eq!(reasoning.billed_output_limit(), Some(4_100));
    /// ```
    #[must_use]
    pub fn billed_output_limit(&self) -> Option<u64> {
        let limit = self.output_limit()?;
        match self.reasoning() {
            Reasoning::NotAsked => Some(limit),
            Reasoning::AtMost(tokens) => Some(limit.saturating_add(tokens)),
            Reasoning::Unbounded => self.max_tokens.is_none().then_some(limit),
        }
    }

    /// How many answers may be billed, at least 1: those asked for, or as many as are made to choose from.
    #[must_use]
    pub fn billed_choices(&self) -> u64 {
        let others =
            OTHER_CHOICES.iter().filter_map(|name| match stated(self.extra.get(*name)?)? {
                Stated::AtMost(answers) => Some(answers),
                Stated::Unbounded => None,
            });
        others.fold(u64::from(self.choices()), u64::max)
    }

    /// How many times its list price the request may be billed: 2 where it asks to be served before others
    /// (`service_tier = "priority"`), which costs up to that at OpenAI (1.7 to 2 times, by model, 2025); else 1.
    #[must_use]
    pub fn price_factor(&self) -> u64 {
        price_factor(&self.extra)
    }

    /// Lowers every output limit that the request states to at most this; where it states none, `max_tokens` is set.
    pub fn set_output_limit(&mut self, tokens: u64) {
        if self.max_tokens.is_none() && self.max_completion_tokens.is_none() {
            self.max_tokens = Some(tokens);
        }
        for limit in [&mut self.max_tokens, &mut self.max_completion_tokens].into_iter().flatten() {
            *limit = tokens.min(*limit);
        }
        let lower = |value: &mut Value| match stated(value) {
            Some(Stated::AtMost(limit)) if limit <= tokens => {}
            Some(_) => *value = tokens.into(),
            None => {}
        };
        for name in OTHER_LIMITS {
            self.extra.get_mut(name).into_iter().for_each(lower);
        }
        let inner =
            self.extra.get_mut("options").and_then(|options| options.get_mut("num_predict"));
        inner.into_iter().for_each(lower);
    }

    /// The largest of this limit and those under other names; `None` when one of them is none.
    fn with_other_limits(&self, known: u64) -> Option<u64> {
        if self.extra.is_empty() {
            return Some(known);
        }
        let beside = OTHER_LIMITS.iter().filter_map(|name| self.extra.get(*name));
        let inner = at(&self.extra, &["options", "num_predict"]);
        beside.chain(inner).filter_map(stated).try_fold(known, |most, limit| match limit {
            Stated::AtMost(tokens) => Some(most.max(tokens)),
            Stated::Unbounded => None,
        })
    }

    fn reasoning(&self) -> Reasoning {
        if self.extra.is_empty() {
            return Reasoning::NotAsked;
        }
        let budgets = REASONING_BUDGETS.iter().filter_map(|path| stated(at(&self.extra, path)?));
        let numbered = budgets.fold(None, |most, budget| {
            Some(match (most.unwrap_or(Reasoning::NotAsked), budget) {
                (Reasoning::Unbounded, _) | (_, Stated::Unbounded) => Reasoning::Unbounded,
                (Reasoning::AtMost(most), Stated::AtMost(tokens)) => {
                    Reasoning::AtMost(most.max(tokens))
                }
                (Reasoning::NotAsked, Stated::AtMost(tokens)) => Reasoning::AtMost(tokens),
            })
        });
        let asked = || {
            let mut switches = REASONING_SWITCHES.iter().filter_map(|path| at(&self.extra, path));
            if switches.any(is_on) { Reasoning::Unbounded } else { Reasoning::NotAsked }
        };
        numbered.unwrap_or_else(asked)
    }
}

/// As [`ChatRequest::price_factor`], of the fields of a request or of an answer, which says how it was served.
pub(super) fn price_factor(extra: &Extra) -> u64 {
    let tier = extra.get("service_tier").and_then(Value::as_str);
    if tier == Some("priority") { 2 } else { 1 }
}

/// The value at a path of fields.
fn at<'a>(extra: &'a Extra, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(extra.get(*first)?, |value, name| value.get(name))
}

/// The limit that a value states, also in the forms that lenient servers take; `None` for what states none.
fn stated(value: &Value) -> Option<Stated> {
    let number = match value {
        Value::Number(number) => number.clone(),
        Value::String(text) => text.trim().parse().ok()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    if let Some(tokens) = number.as_u64() {
        return Some(Stated::AtMost(tokens));
    }
    let number = number.as_f64()?;
    if number < 0.0 {
        return Some(Stated::Unbounded);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float cast saturates, and it is not negative"
    )]
    let tokens = number.ceil() as u64;
    Some(Stated::AtMost(tokens))
}

/// Whether a value asks for reasoning.
fn is_on(value: &Value) -> bool {
    match value {
        Value::Bool(on) => *on,
        Value::String(word) => !matches!(word.as_str(), "none" | "disabled" | "off" | ""),
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests;
