//! Reading a request's body whole, but never more of it than allowed, and not for ever.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;

use crate::answer::Refusal;
use crate::config::ServerConfig;

/// How much may come, and in what time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyLimits {
    pub(crate) most: usize,
    pub(crate) within: Duration,
}

impl BodyLimits {
    pub(crate) fn of(server: &ServerConfig) -> Self {
        let most = usize::try_from(server.max_body).unwrap_or(usize::MAX);
        Self { most, within: server.body_timeout }
    }
}

/// The body.
///
/// # Cancel safety
/// What was read is lost with the connection.
pub(crate) async fn read(body: Body, limits: BodyLimits) -> Result<Bytes, Refusal> {
    // Who says beforehand that it is too large need not send it.
    if body.size_hint().lower() > limits.most as u64 {
        return Err(Refusal::too_large(limits.most));
    }
    let whole = Limited::new(body, limits.most).collect();
    match tokio::time::timeout(limits.within, whole).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::too_large(limits.most)),
        Ok(Err(_)) => Err(Refusal::invalid("the body did not arrive whole")),
        Err(_) => Err(Refusal::too_slow(limits.within)),
    }
}
