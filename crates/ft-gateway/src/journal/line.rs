//! One line of the access log.

use ft_client::{Attempt, Outcome};
use serde::Serialize;

use super::Entry;

/// What an operator greps for, flat. Names come from configuration, `model` from the request: it is the caller's
/// word for what to ask, never a prompt, and cut to a length that a log can bear.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a> {
    time: String,
    request_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    caller: &'a str,
    route: &'a str,
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    streamed: bool,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    took_ms: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_token_ms: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    served_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_usd: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cost_is_estimate: bool,
    /// The provider's id of the last attempt: of an answer, the one that served.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_request_id: Option<&'a str>,
    /// How the first attempt that failed did.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_wording: Option<&'a str>,
}

impl<'a> Line<'a> {
    pub(super) fn of(entry: &'a Entry) -> Self {
        let report = entry.report.as_ref();
        let is_failure = |it: &&Attempt| matches!(it.outcome, Outcome::Failed(_));
        let failure = report.and_then(|report| report.attempts.iter().find(is_failure));
        Self {
            time: time(entry.ended_at.0),
            request_id: &entry.request_id,
            caller: &entry.caller,
            route: entry.route,
            model: &entry.model,
            path: entry.path.as_deref(),
            streamed: entry.streamed,
            status: entry.status,
            code: entry.code.as_deref(),
            took_ms: entry.took.as_millis(),
            first_token_ms: report.and_then(|report| Some(report.first_token?.as_millis())),
            served_by: report.and_then(|report| {
                let served = report.served_by.as_ref()?;
                Some(format!("{}/{}", served.provider, served.model))
            }),
            tier: report.map(|report| report.tier.name()),
            attempts: report.map(ft_client::Report::attempts_made),
            cache: report.map(|report| report.cache.as_str()),
            cost_usd: report.and_then(|report| {
                Some(report.cost?.to_string().trim_start_matches('$').to_owned())
            }),
            input_tokens: report.map(|report| report.tokens.input),
            output_tokens: report.map(|report| report.tokens.output),
            cost_is_estimate: report.is_some_and(|report| report.cost_is_estimate),
            upstream_request_id: report.and_then(|report| {
                let was_made = |it: &&Attempt| !matches!(it.outcome, Outcome::Skipped(_));
                let last = report.attempts.iter().rfind(was_made);
                last?.upstream_request_id.as_deref()
            }),
            failure: failure.map(|it| it.outcome.as_str()),
            upstream_status: failure.and_then(|it| it.status),
            upstream_type: failure.and_then(|it| it.vendor_type.as_deref()),
            upstream_code: failure.and_then(|it| it.code.as_deref()),
            upstream_wording: failure.and_then(|it| it.wording.as_deref()),
        }
    }
}

/// As RFC 3339 in UTC; a clock that is out of its range writes the number.
fn time(millis: u64) -> String {
    let at = i64::try_from(millis).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    at.map_or_else(|| millis.to_string(), |at| format!("{at:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_read_by_people_and_machines() {
        assert_eq!(time(1_763_769_600_123), "2025-11-22T00:00:00.123Z");
    }
}
