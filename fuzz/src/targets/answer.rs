//! Plain answers and errors.

use ft_core::{ChatResponse, UnixMillis};
use ft_holysheep::Classifier;
use http::{HeaderMap, HeaderValue, header::RETRY_AFTER};

/// A moment in 2026; hints that are dates are counted from it.
const NOW: UnixMillis = UnixMillis(1_770_000_000_000);

/// Every answer is classified, whatever its status; one that can be read is written as it was read.
///
/// # Panics
/// When that does not hold.
pub fn answer(data: &[u8]) {
    let headers = HeaderMap::new();
    for status in [200, 302, 400, 401, 429, 500, 503] {
        let verdict = Classifier::builtin().classify(status, &headers, data, NOW);
        let said = verdict.message.as_ref().map_or(0, |message| message.to_string().len());
        assert!(said <= 16_384, "a message of {said} bytes");
        let _ = Classifier::builtin().classify_success(status, &headers, data, NOW);
    }
    if let Ok(read) = serde_json::from_slice::<ChatResponse>(data) {
        let written = serde_json::to_vec(&read).unwrap_or_default();
        let again: Option<ChatResponse> = serde_json::from_slice(&written).ok();
        assert_eq!(again, Some(read), "an answer changed on the way");
    }
}

/// Whatever a `retry-after` says, the wait is bounded.
///
/// # Panics
/// When it is not.
pub fn retry_after(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let headers = HeaderMap::from_iter([(RETRY_AFTER, value)]);
    for status in [429, 503] {
        let verdict = Classifier::builtin().classify(status, &headers, b"", NOW);
        let year = std::time::Duration::from_secs(366 * 24 * 60 * 60);
        assert!(verdict.retry_after.is_none_or(|wait| wait <= year), "{:?}", verdict.retry_after);
    }
}
