//! What a failed connection means, and its words without what they must not hold.

use std::error::Error;

use ft_core::{ErrorKind, ProviderError};

use crate::secrets::Secrets;

/// Why the transport failed, in words that were scrubbed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct TransportFailure(String);

/// The failure of a request that got no answer.
pub(crate) fn of_request(error: reqwest::Error, secrets: &Secrets) -> ProviderError {
    let (kind, sent) = if error.is_connect() {
        (ErrorKind::Connect, false)
    } else if error.is_builder() {
        (ErrorKind::InvalidRequest, false)
    } else {
        (kind_of_body(&error), true)
    };
    ProviderError::new(kind).with_sent(sent).with_source(words(error, secrets))
}

/// The failure of an answer that had begun.
pub(crate) fn of_body(error: reqwest::Error, secrets: &Secrets) -> ProviderError {
    ProviderError::new(kind_of_body(&error)).with_source(words(error, secrets))
}

/// Bytes that are no HTTP or no gzip are garbled; all else is a connection that ended too early.
pub(crate) fn kind_of_body(error: &reqwest::Error) -> ErrorKind {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            if error.is_parse() {
                return ErrorKind::Garbled;
            }
        } else if let Some(error) = error.downcast_ref::<std::io::Error>() {
            match error.kind() {
                std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput => {
                    return ErrorKind::Garbled;
                }
                _ => {}
            }
        }
        cause = cause.and_then(Error::source);
    }
    ErrorKind::Interrupted
}

/// The chain of causes as one text: no URL, no secret, no type of the HTTP client.
fn words(error: reqwest::Error, secrets: &Secrets) -> TransportFailure {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    TransportFailure(secrets.scrub(&text))
}
