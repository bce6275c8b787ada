//! How long a provider's own "come back in …" is believed.

use std::time::Duration;

/// The longest hint that is believed: 300 s.
///
/// A reset header may name the end of the day or of the month, and a misread one any number at all.
/// Past five minutes a single pilot call is cheaper than the traffic that a wrong figure would keep away.
pub const MAX_HINT: Duration = Duration::from_secs(300);

/// The hint as it is believed.
pub(crate) fn clamp(hint: Duration) -> Duration {
    hint.min(MAX_HINT)
}
