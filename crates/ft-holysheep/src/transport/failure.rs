//! What a failed connection means, and its words without what they must not hold.

use std::error::Error;

use ft_core::{ErrorKind, ProviderError};

use super::Broken;
use crate::secrets::Secrets;

/// Why the transport failed, in words that were scrubbed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct TransportFailure(String);

/// The failure of a request that got no answer.
pub(crate) fn of_request(broken: &Broken, secrets: &Secrets) -> ProviderError {
    let sent = matches!(broken, Broken::Wire(_));
    of_body(broken, secrets).with_sent(sent)
}

/// The failure of an answer that had begun.
pub(crate) fn of_body(broken: &Broken, secrets: &Secrets) -> ProviderError {
    ProviderError::new(kind(broken)).with_source(words(broken.cause(), secrets))
}

/// Bytes that are no HTTP or no gzip are garbled; all else is a connection that ended too early.
pub(crate) fn kind(broken: &Broken) -> ErrorKind {
    let cause = match broken {
        Broken::Connect(_) => return ErrorKind::Connect,
        Broken::Unsendable(_) => return ErrorKind::InvalidRequest,
        Broken::Wire(cause) => cause,
    };
    let mut cause: Option<&(dyn Error + 'static)> = Some(&**cause);
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
        cause = error.source();
    }
    ErrorKind::Interrupted
}

impl Broken {
    fn cause(&self) -> &(dyn Error + 'static) {
        match self {
            Self::Connect(cause) | Self::Unsendable(cause) | Self::Wire(cause) => &**cause,
        }
    }
}

/// The chain of causes as one text: no URL, no secret, no type of the HTTP client.
fn words(error: &(dyn Error + 'static), secrets: &Secrets) -> TransportFailure {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    TransportFailure(secrets.scrub(&text))
}
