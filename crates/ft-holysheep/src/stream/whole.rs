//! An answer's whole body: JSON, or what other readers take for it.

use std::borrow::Cow;

use ft_core::chat::json;
use serde::de::DeserializeOwned;

/// What the body says, and the body that says so: the one that came, or where that is no JSON, the mended one.
pub(crate) fn read_whole<T: DeserializeOwned>(
    body: &[u8],
) -> (serde_json::Result<T>, Cow<'_, [u8]>) {
    let body = json::without_mark(body);
    match serde_json::from_slice(body) {
        Err(error) if !error.is_eof() => match json::mended(body) {
            Some(mended) => (serde_json::from_slice(&mended), mended.into()),
            None => (Err(error), body.into()),
        },
        read => (read, body.into()),
    }
}
