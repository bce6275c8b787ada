//! What a request's headers ask for beside its body.

use std::time::Duration;

use ft_client::CallOptions;
use ft_client::config::{Commit, parse_duration};
use ft_core::decide::MidStream;
use http::HeaderMap;

use crate::answer::Refusal;

/// Overrides by header, each checked, and what SDKs say of themselves.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) overrides: Overrides,
    /// How often the SDK had tried before: its `x-stainless-retry-count`.
    pub(crate) client_retries: u32,
    /// How long the SDK waits for bytes: its `x-stainless-read-timeout` or `x-stainless-timeout`.
    read_timeout: Option<Duration>,
    idempotency_key: Option<String>,
}

/// What a caller wants to be otherwise. Requests that differ in it are not the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overrides {
    /// `x-ft-chain`: goes before the body's `model`.
    pub(crate) chain: Option<String>,
    /// `x-ft-report: event`: the report of a stream comes as its last event, instead of as a comment.
    pub(crate) report_event: bool,
    deadline: Option<Duration>,
    no_cache: bool,
    no_fallback: bool,
    mid_stream: Option<MidStream>,
    commit: Option<Commit>,
}

/// What is kept of the caller's patience for the way back.
const WAY_BACK: Duration = Duration::from_millis(500);

/// The longest key that is taken, as in the draft of the `Idempotency-Key` header's first users.
const LONGEST_KEY: usize = 255;

impl Asked {
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        // Most requests have none of them, which one look at their few names tells quicker than twelve at the map.
        if !headers.keys().any(|name| is_asked(name.as_str())) {
            return Ok(Self::default());
        }
        known(headers)?;
        let text = |name: &'static str| match headers.get(name) {
            None => Ok(None),
            Some(value) => match value.to_str() {
                Ok(text) => Ok(Some(text.trim())),
                Err(_) => Err(refused(name, "must be visible ASCII")),
            },
        };
        let flag = |name: &'static str| match text(name)? {
            None => Ok(false),
            Some(word) if word.eq_ignore_ascii_case("true") || word == "1" => Ok(true),
            Some(word) if word.eq_ignore_ascii_case("false") || word == "0" => Ok(false),
            Some(_) => Err(refused(name, "must be `true` or `false`")),
        };
        let deadline = match text("x-ft-deadline")? {
            None => None,
            Some(given) => match parse_duration(given) {
                Ok(deadline) if !deadline.is_zero() => Some(deadline),
                Ok(_) => return Err(refused("x-ft-deadline", "must be more than zero")),
                Err(rule) => return Err(refused("x-ft-deadline", &rule)),
            },
        };
        let mid_stream = match text("x-ft-mid-stream")? {
            None => None,
            Some("fail") => Some(MidStream::Fail),
            Some("continue") => Some(MidStream::Continue),
            Some(_) => return Err(refused("x-ft-mid-stream", "must be `fail` or `continue`")),
        };
        let commit = match text("x-ft-commit")? {
            None => None,
            Some("first_content") => Some(Commit::FirstContent),
            Some("complete") => Some(Commit::Complete),
            Some(_) => {
                return Err(refused("x-ft-commit", "must be `first_content` or `complete`"));
            }
        };
        let report_event = match text("x-ft-report")? {
            None | Some("comment") => false,
            Some("event") => true,
            Some(_) => return Err(refused("x-ft-report", "must be `comment` or `event`")),
        };
        let chain = text("x-ft-chain")?.map(str::to_owned);
        if chain.as_ref().is_some_and(String::is_empty) {
            return Err(refused("x-ft-chain", "must name a chain or a model"));
        }
        let idempotency_key = text("idempotency-key")?.map(str::to_owned);
        if idempotency_key.as_ref().is_some_and(|key| key.is_empty() || key.len() > LONGEST_KEY) {
            return Err(refused("idempotency-key", "must have from 1 to 255 characters"));
        }
        // SDKs' own headers are hints: what cannot be read is as if it were not there.
        let hint = |name| headers.get(name)?.to_str().ok()?.parse::<f64>().ok();
        let seconds = hint("x-stainless-read-timeout").or_else(|| hint("x-stainless-timeout"));
        let overrides = Overrides {
            chain,
            report_event,
            deadline,
            no_cache: flag("x-ft-no-cache")?,
            no_fallback: flag("x-ft-no-fallback")?,
            mid_stream,
            commit,
        };
        Ok(Self {
            overrides,
            client_retries: headers
                .get("x-stainless-retry-count")
                .and_then(|value| value.to_str().ok()?.parse().ok())
                .unwrap_or(0),
            read_timeout: seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            idempotency_key,
        })
    }

    /// The key under which calls in flight are one.
    pub(crate) fn idempotency_key(&self) -> Option<&str> {
        self.idempotency_key.as_deref()
    }

    /// The overrides as the client takes them.
    ///
    /// The SDK's read timeout bounds a plain call as a whole, and the wait for the head of a stream: after that each
    /// pause, in which it gets a comment now and then, and a stream that flows may go on.
    pub(crate) fn options(&self) -> CallOptions {
        let mut options = CallOptions::new();
        options.no_cache = self.overrides.no_cache;
        options.no_fallback = self.overrides.no_fallback;
        options.mid_stream = self.overrides.mid_stream;
        options.commit = self.overrides.commit;
        options.idempotency_key.clone_from(&self.idempotency_key);
        options.deadline = self.overrides.deadline;
        options.first_content_timeout = self
            .read_timeout
            .filter(|patience| !patience.is_zero())
            .map(|patience| patience - WAY_BACK.min(patience / 10));
        options
    }
}

/// All headers of ours that mean something.
const OURS: [&str; 7] = [
    "x-ft-chain",
    "x-ft-commit",
    "x-ft-deadline",
    "x-ft-mid-stream",
    "x-ft-no-cache",
    "x-ft-no-fallback",
    "x-ft-report",
];

/// A misspelt one would do nothing, and nobody would know.
fn known(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut ours =
        headers.keys().map(http::HeaderName::as_str).filter(|name| name.starts_with("x-ft-"));
    let Some(name) = ours.find(|name| !OURS.contains(name)) else { return Ok(()) };
    let near = OURS
        .iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, _)| *distance <= 3)
        .min_by_key(|(distance, _)| *distance);
    let rule = match near {
        Some((_, known)) => format!("is not known, did you mean `{known}`?"),
        None => {
            format!("is not known; known are {}", OURS.map(|name| format!("`{name}`")).join(", "))
        }
    };
    Err(refused(name, &rule))
}

fn is_asked(name: &str) -> bool {
    name.starts_with("x-ft-") || name.starts_with("x-stainless-") || name == "idempotency-key"
}

fn refused(header: &str, rule: &str) -> Refusal {
    Refusal::invalid(format!("the header `{header}` {rule}")).with_param(header)
}
