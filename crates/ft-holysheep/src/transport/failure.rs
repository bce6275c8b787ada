//! What a failed connection means, and its words without what they must not hold.

use std::error::Error;
use std::io;

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

/// What this machine refused to the process is its own matter. Bytes that are no HTTP or no gzip are garbled; all else is a connection that ended too early.
pub(crate) fn kind(broken: &Broken) -> ErrorKind {
    let cause = match broken {
        Broken::Connect(cause) if is_local(&**cause) => return ErrorKind::LocalExhausted,
        Broken::Connect(_) | Broken::Unseen(_) => return ErrorKind::Connect,
        Broken::Unsendable(_) => return ErrorKind::InvalidRequest,
        Broken::Wire(cause) => cause,
    };
    let mut cause: Option<&(dyn Error + 'static)> = Some(&**cause);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            if error.is_parse() {
                return ErrorKind::Garbled;
            }
        } else if let Some(error) = error.downcast_ref::<io::Error>() {
            match error.kind() {
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                    return ErrorKind::Garbled;
                }
                _ => {}
            }
        }
        cause = error.source();
    }
    ErrorKind::Interrupted
}

/// Whether a connection failed for what this process or machine lacks: descriptors, local ports, buffers, memory.
fn is_local(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            // One that wraps another hides it from `source`.
            let inner = error.get_ref().map(|inner| inner as &(dyn Error + 'static));
            if lacks(error) || inner.is_some_and(is_local) {
                return true;
            }
        }
        cause = error.source();
    }
    false
}

fn lacks(error: &io::Error) -> bool {
    // Of these the standard library has no kind: `errno.h` of Linux and of the BSDs, macOS among them.
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    const ENOBUFS: i32 = if cfg!(target_os = "linux") { 105 } else { 55 };
    let kind = matches!(error.kind(), io::ErrorKind::OutOfMemory | io::ErrorKind::AddrNotAvailable);
    let number = error.raw_os_error();
    kind || cfg!(unix) && number.is_some_and(|number| [ENFILE, EMFILE, ENOBUFS].contains(&number))
}

impl Broken {
    fn cause(&self) -> &(dyn Error + 'static) {
        match self {
            Self::Connect(cause)
            | Self::Unsendable(cause)
            | Self::Unseen(cause)
            | Self::Wire(cause) => &**cause,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("tcp connect error")]
    struct Connecting(#[source] io::Error);

    fn connecting(error: io::Error) -> ErrorKind {
        kind(&Broken::Connect(Connecting(error).into()))
    }

    #[test]
    #[cfg(unix)]
    fn what_this_process_lacks_is_not_taken_for_the_providers_failure() {
        for number in [24, 23] {
            let error = io::Error::from_raw_os_error(number);
            assert_eq!(connecting(error), ErrorKind::LocalExhausted, "errno {number}");
        }
        let wrapped = io::Error::other(io::Error::from_raw_os_error(24));
        assert_eq!(connecting(wrapped), ErrorKind::LocalExhausted);
        for lacking in [io::ErrorKind::AddrNotAvailable, io::ErrorKind::OutOfMemory] {
            assert_eq!(connecting(lacking.into()), ErrorKind::LocalExhausted, "{lacking:?}");
        }
    }

    #[test]
    fn a_refused_connection_stays_the_endpoints() {
        for broken in [io::ErrorKind::ConnectionRefused, io::ErrorKind::HostUnreachable] {
            assert_eq!(connecting(broken.into()), ErrorKind::Connect, "{broken:?}");
        }
    }
}
