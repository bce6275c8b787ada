//! From status, headers and body to what went wrong, by a table that is data.
//!
//! Vendors reword their errors without notice and reuse each other's codes for other things: a quota comes as
//! 400, 401, 402, 403, 412 and 429, a bad key as 400, an overflow as 400, 413, 500 and 200. So no vendor is
//! special-cased in code: `data/classes.toml` has rows of status, code, type and words, the first that matches
//! decides, and a user's own rows come before them.

mod details;
mod facts;
mod hint;
mod pattern;
mod rule;
mod success;
mod table;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ft_core::{ErrorKind, ProviderError, Scope, UnixMillis};
use http::HeaderMap;
use serde_json::{Map, Value};

use crate::InvalidConfig;
use facts::Facts;
use pattern::identifier;
pub use rule::{Rule, Shape};
use table::Row;

/// What an answer that is not one means.
///
/// `Debug` leaves the provider's words out: they may quote a prompt or a key.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Verdict {
    /// The class of the failure.
    pub kind: ErrorKind,
    /// How far it reaches.
    pub scope: Scope,
    /// How long the provider asks to wait, unclamped: an hour or a day occur.
    pub retry_after: Option<Duration>,
    /// The limit in tokens that its words give away.
    pub limit_tokens: Option<u64>,
    /// Its own code, as it stands in the body.
    pub code: Option<String>,
    /// Its own error type, as it stands in the body.
    pub vendor_type: Option<String>,
    /// The field of the request that it names.
    pub param: Option<String>,
    /// Its words, at most 2,000 bytes. Not scrubbed of keys.
    pub message: Option<String>,
    /// The sentence among them that is the same for everybody, as the table has it: it quotes nothing.
    pub wording: Option<&'static str>,
    /// What else stands in its error object, of errors of the request. Not scrubbed of keys.
    pub details: Map<String, Value>,
    /// What its `x-should-retry` header says. Shown, not obeyed: gateways send `false` after their own retries,
    /// which says nothing about other targets.
    pub should_retry: Option<bool>,
}

impl Verdict {
    /// A verdict without anything from the provider's side.
    pub(crate) fn of(kind: ErrorKind) -> Self {
        Self {
            kind,
            scope: kind.default_scope(),
            retry_after: None,
            limit_tokens: None,
            code: None,
            vendor_type: None,
            param: None,
            message: None,
            wording: None,
            details: Map::new(),
            should_retry: None,
        }
    }

    /// The error of an attempt that ended so, its texts passed through `scrub`.
    pub(crate) fn into_error(self, scrub: impl Fn(&str) -> String) -> ProviderError {
        let mut error = ProviderError::new(self.kind).with_scope(self.scope);
        if let Some(wait) = self.retry_after {
            error = error.with_retry_after(wait);
        }
        if let Some(tokens) = self.limit_tokens {
            error = error.with_limit_tokens(tokens);
        }
        if let Some(code) = self.code {
            error = error.with_code(scrub(&code));
        }
        if let Some(vendor_type) = self.vendor_type {
            error = error.with_vendor_type(scrub(&vendor_type));
        }
        if let Some(param) = self.param {
            error = error.with_param(scrub(&param));
        }
        if let Some(message) = self.message {
            error = error.with_message(scrub(&message));
        }
        if let Some(wording) = self.wording {
            error = error.with_wording(wording);
        }
        if !self.details.is_empty() {
            error = error.with_details(details::scrubbed(self.details, &scrub));
        }
        error
    }
}

impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verdict")
            .field("kind", &self.kind)
            .field("scope", &self.scope)
            .field("retry_after", &self.retry_after)
            .field("limit_tokens", &self.limit_tokens)
            .field("code", &self.code)
            .field("vendor_type", &self.vendor_type)
            .finish_non_exhaustive()
    }
}

/// Classifies failed answers. Cheap to clone.
///
/// ```
/// use ft_core::{ErrorKind, UnixMillis};
/// use ft_holysheep::{Classifier, Rule};
///
/// let body = br#"{"error":{"message":"Purple hamsters","code":"hamster_strike"}}"#;
/// let headers = http::HeaderMap::new();
///
/// let builtin = Classifier::builtin();
/// let verdict = builtin.classify(500, &headers, body, UnixMillis(0));
/// assert_eq!(verdict.kind, ErrorKind::ServerError);
///
/// let mine = builtin.with_rules([Rule::to(ErrorKind::RateLimited).with_code("hamster_*")])?;
/// let verdict = mine.classify(500, &headers, body, UnixMillis(0));
/// assert_eq!(verdict.kind, ErrorKind::RateLimited);
/// # Ok::<(), ft_holysheep::InvalidConfig>(())
/// ```
#[derive(Clone, Debug)]
pub struct Classifier {
    own: Arc<[Row]>,
}

impl Classifier {
    /// The table that ships with this crate.
    #[must_use]
    pub fn builtin() -> Self {
        Self { own: Arc::from([]) }
    }

    /// The version of the table that ships with this crate.
    #[must_use]
    pub fn version() -> u32 {
        table::builtin().version
    }

    /// Puts rows in front of those that are there, in the order given.
    ///
    /// # Errors
    /// [`InvalidConfig`] naming the row and the field, when a row has no condition or an empty one.
    pub fn with_rules(
        mut self,
        rules: impl IntoIterator<Item = Rule>,
    ) -> Result<Self, InvalidConfig> {
        let mut rows = rules
            .into_iter()
            .enumerate()
            .map(|(at, rule)| Row::compile(&rule, &format!("rules[{at}]")))
            .collect::<Result<Vec<_>, _>>()?;
        rows.extend(self.own.iter().cloned());
        self.own = rows.into();
        Ok(self)
    }

    /// Says what an answer with a failure status means; `wall` is the present, for waits given as a date.
    ///
    /// Never fails and never panics, whatever the bytes are; a body is read for as much as it can be.
    #[must_use]
    pub fn classify(
        &self,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
        wall: UnixMillis,
    ) -> Verdict {
        self.judge(status, headers, Facts::read(headers, body), wall)
    }

    /// Says what is wrong with an answer that has a success status, or `None` when it is an answer.
    ///
    /// An error object, a finish reason that says failure, a blocked prompt, no choices, and bytes that are no chat
    /// answer are failures. A choice without any text
    /// that says `stop` is an answer, though a suspicious one: LM Studio sends it for a prompt over its window
    /// (lmstudio-ai/lmstudio-bug-tracker#2339), and a model that has nothing to say sends it too.
    #[must_use]
    pub fn classify_success(
        &self,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
        wall: UnixMillis,
    ) -> Option<Verdict> {
        match self.read(body) {
            success::Reading::Answer => None,
            success::Reading::Error => Some(self.classify(status, headers, body, wall)),
            success::Reading::Garbled => Some(Verdict::of(ErrorKind::Garbled)),
        }
    }

    /// Says what an event of a stream means that says failure, by its data or by its name.
    pub(crate) fn classify_event(&self, name: &str, data: &[u8]) -> Verdict {
        let headers = HeaderMap::new();
        let mut facts = Facts::read(&headers, data);
        facts.add_end(Some(name));
        self.judge(200, &headers, facts, UnixMillis(0))
    }

    /// Whether a word that something ends with says that it failed: a finish reason, the name of an event.
    pub(crate) fn is_failed_end(&self, word: &str) -> bool {
        let word = identifier(word);
        let builtin = &table::builtin().rows;
        !word.is_empty() && self.own.iter().chain(builtin).any(|row| row.names_end(&word))
    }

    fn judge(&self, status: u16, headers: &HeaderMap, facts: Facts, wall: UnixMillis) -> Verdict {
        let retry_after = hint::wait(headers, &facts, wall);
        let table = table::builtin();
        let said = facts.status.unwrap_or(if (200..300).contains(&status) { 200 } else { status });
        let row = self
            .own
            .iter()
            .chain(&table.rows)
            .find(|row| row.matches(said, &facts, retry_after.is_some()));
        let (kind, mut scope) = row.map_or_else(|| by_status(said), |row| (row.kind, row.scope));
        if facts.relayed && matches!(scope, Scope::Credential | Scope::Endpoint) {
            // The refused key, the empty account or the closed region is the relay's, not ours.
            scope = Scope::Target;
        }
        let limited = matches!(kind, ErrorKind::ContextLength | ErrorKind::PayloadTooLarge);
        let limit_tokens = if limited { facts.limit(&table.limits) } else { None };
        let of_request = matches!(said, 400 | 404 | 413 | 422);
        let ended = row.and_then(|row| facts.ends.iter().find(|word| row.names_end(word)));
        Verdict {
            kind,
            scope,
            retry_after,
            limit_tokens,
            code: facts.code.or_else(|| ended.cloned()),
            vendor_type: facts.vendor_type,
            param: facts.param,
            message: facts.message,
            wording: table.wording(&facts.words),
            // Of the account and of a provider's health they are nobody's affair.
            details: if of_request { facts.details } else { Map::new() },
            should_retry: hint::should_retry(headers),
        }
    }
}

/// What remains when no row matches: a status that means nothing known.
fn by_status(status: u16) -> (ErrorKind, Scope) {
    match status {
        // An error object under a success status, without a word that is known.
        200..=299 | 500.. => (ErrorKind::ServerError, Scope::Target),
        // A redirect says where the API is not, and nothing of the request.
        ..400 => (ErrorKind::ServerError, Scope::Endpoint),
        _ => (ErrorKind::Other, Scope::Call),
    }
}
