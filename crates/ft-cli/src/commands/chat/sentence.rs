//! What people read: who answered, or why nobody did, the first cause, and what to do.

use ft_client::{Error, FailKind, Outcome, Report};
use ft_core::{ErrorKind, ProviderError};

use super::KEY;
use crate::figures::millis;

/// The longest that a provider's words are quoted.
const QUOTED: usize = 300;

/// Who answered, at which tier, how fast, for how much, after how many attempts.
pub(super) fn about(report: &Report) -> String {
    let mut parts = Vec::new();
    if let Some(by) = &report.served_by {
        parts.push(format!("{} by {}", by.model, by.provider));
    }
    parts.push(format!("tier {}", report.tier.name()));
    parts.push(match report.first_token {
        Some(first) => format!("{} (first word {})", millis(report.latency), millis(first)),
        None => millis(report.latency),
    });
    parts.push(match report.cost {
        Some(cost) if report.cost_is_estimate => format!("about {cost:.6}"),
        Some(cost) => format!("{cost:.6}"),
        None => "cost unknown".to_owned(),
    });
    parts.push(match report.attempts_made() {
        1 => "1 attempt".to_owned(),
        made => format!("{made} attempts"),
    });
    if report.fit.is_some() {
        parts.push("shortened to fit".to_owned());
    }
    parts.join(" · ")
}

/// Why there is no answer.
pub(super) fn of(error: &Error) -> String {
    let Some(cause) = error.cause() else { return error.to_string() };
    let who = who(error);
    let (said, words) = (said(cause), words(cause));
    match (error.kind(), cause.kind()) {
        (FailKind::MidStream, _) => {
            format!(
                "the answer of {who} broke off: {cause}{words}; what came before it stands above"
            )
        }
        (FailKind::TooLong, _) => {
            format!("the question is too long for every model{said}; shorten it")
        }
        (_, ErrorKind::Auth) => format!(
            "{who} refused the key{said}; check {KEY}, or make a new key in the provider's console"
        ),
        (_, ErrorKind::QuotaExhausted) => {
            format!(
                "the account at {who} has no credit or quota left{said}; top it up, or use another key"
            )
        }
        (_, ErrorKind::Forbidden) => {
            format!("{who} does not allow this{said}; ask for access, or choose another --model")
        }
        (_, ErrorKind::ModelNotFound) => {
            format!("{who} has no such model{said}; choose another --model")
        }
        (_, ErrorKind::ContentFiltered) => {
            format!("a content filter of {who} refused{said}; word the question differently")
        }
        (FailKind::Refused, _) => format!("{who} refused the request{said}"),
        (_, ErrorKind::Connect) => {
            format!("{who} cannot be reached: {}; check the network and --base-url", root(cause))
        }
        (_, ErrorKind::RateLimited) => {
            format!("{who} limits the rate{said}; try again{}", in_a_while(error))
        }
        _ => format!(
            "no model answered; the first to fail was {who}: {cause}{words}; try again{}",
            in_a_while(error)
        ),
    }
}

fn in_a_while(error: &Error) -> String {
    match error.retry_after() {
        Some(wait) => format!(" in {} s", wait.as_secs() + u64::from(wait.subsec_nanos() > 0)),
        None => " in a moment".to_owned(),
    }
}

/// The model and provider that failed first.
fn who(error: &Error) -> String {
    let failed = error.report().into_iter().flat_map(|report| &report.attempts);
    let mut failed = failed.filter(|attempt| matches!(attempt.outcome, Outcome::Failed(_)));
    failed.next().map_or_else(
        || "the provider".to_owned(),
        |attempt| format!("{} ({})", attempt.provider, attempt.model),
    )
}

/// The status and the provider's words.
fn said(cause: &ProviderError) -> String {
    let status = cause.status().map(|status| format!(" ({status})")).unwrap_or_default();
    status + &words(cause)
}

/// The provider's words, on one line, in quotation marks.
fn words(cause: &ProviderError) -> String {
    let words = cause.message().map(one_line).filter(|words| !words.is_empty());
    words.map(|words| format!(": “{words}”")).unwrap_or_default()
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(QUOTED) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

/// The last of the chain of causes, and of the causes within its text: the socket's own trouble.
fn root(cause: &ProviderError) -> String {
    let mut root: &dyn std::error::Error = cause;
    while let Some(source) = root.source() {
        root = source;
    }
    let text = root.to_string();
    text.rsplit(": ").next().unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_providers_words_are_quoted_on_one_line_and_not_for_ever() {
        let cause = ProviderError::new(ErrorKind::Auth)
            .with_status(401)
            .with_message("Incorrect API key\n  provided.");
        assert_eq!(said(&cause), " (401): “Incorrect API key provided.”");
        let long = ProviderError::new(ErrorKind::Auth).with_message("é".repeat(400));
        assert_eq!(said(&long).chars().filter(|&c| c == 'é').count(), QUOTED);
        assert_eq!(said(&ProviderError::new(ErrorKind::Auth)), "");
    }
}
