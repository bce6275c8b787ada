//! How long the provider asks to wait: headers first, then fields of the body, then its words.

use std::time::{Duration, UNIX_EPOCH};

use ft_core::UnixMillis;
use http::HeaderMap;
use serde_json::Value;

use super::facts::Facts;
use super::pattern::plain;

/// More than this is no wait but a mistake in reading (a timestamp, a phone number).
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// The wait that an answer asks for, unclamped; `wall` is the present, for waits given as a date.
///
/// Order: `retry-after-ms`, `retry-after` (seconds, fractions too, or an HTTP date), a field of the body
/// (Google's `retryDelay`, `retry_after`), words such as "try again in 7m12s", and last, when the answer counts
/// what remains and nothing does, the reset that belongs to it.
pub(super) fn wait(headers: &HeaderMap, facts: &Facts, wall: UnixMillis) -> Option<Duration> {
    let millis = |name| seconds(header(headers, name)?.parse::<f64>().ok()? / 1000.0);
    millis("retry-after-ms")
        .or_else(|| millis("x-ms-retry-after-ms"))
        .or_else(|| retry_after(header(headers, "retry-after")?, wall))
        .or(facts.wait)
        .or_else(|| in_words(&facts.words))
        .or_else(|| used_up(headers))
}

/// `x-should-retry`.
pub(super) fn should_retry(headers: &HeaderMap) -> Option<bool> {
    match header(headers, "x-should-retry")? {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A wait in a field of the body.
pub(super) fn field(name: &str, value: &Value) -> Option<Duration> {
    match name {
        "retryDelay" | "retry_delay" => span(&plain(value.as_str()?, 100), true).map(|it| it.0),
        "retry_after"
        | "retryAfter"
        | "retry-after"
        | "Retry-After"
        | "retry_after_seconds"
        | "retry_after_s"
        | "estimated_time" => match value {
            Value::String(text) => span(&plain(text, 100), true).map(|it| it.0),
            other => seconds(other.as_f64()?),
        },
        "retry_after_ms" | "retryAfterMs" => seconds(value.as_f64()? / 1000.0),
        _ => None,
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn retry_after(text: &str, wall: UnixMillis) -> Option<Duration> {
    if let Ok(number) = text.parse::<f64>() {
        // A whole number of seconds is meant, however many: who gets the hint has a limit of its own.
        let whole = text.bytes().all(|byte| byte.is_ascii_digit());
        return seconds(number).or_else(|| whole.then_some(LONGEST));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let now = UNIX_EPOCH + Duration::from_millis(wall.0);
    // A date that has passed asks for no wait at all.
    Some(date.duration_since(now).unwrap_or_default().min(LONGEST))
}

/// The longest reset among the limits of which nothing remains (`x-ratelimit-remaining-tokens: 0`).
///
/// Only spans with a unit (`6m0s`): bare numbers are seconds here and a timestamp there.
fn used_up(headers: &HeaderMap) -> Option<Duration> {
    ["requests", "tokens"]
        .iter()
        .filter(|what| header(headers, &format!("x-ratelimit-remaining-{what}")) == Some("0"))
        .filter_map(|what| {
            let reset = header(headers, &format!("x-ratelimit-reset-{what}"))?;
            span(&plain(reset, 100), false).map(|it| it.0)
        })
        .max()
}

/// What comes before a wait in words. Where the number may stand without a unit, seconds are meant.
const BEFORE: [(&str, bool); 19] = [
    ("try again in", false),
    ("try again after", false),
    ("retry in", false),
    ("retry after", true),
    ("retry-after", true),
    ("retry_after", true),
    ("retrying in", false),
    ("retrying after", false),
    ("wait", false),
    ("available in", false),
    ("available again in", false),
    ("reset in", false),
    ("resets in", false),
    ("reset after", false),
    ("replenished in", false),
    ("请在", false),
    ("请等待", false),
    ("请稍后", false),
    ("请于", false),
];

/// Between those words and the number.
const FILLERS: [&str; 9] =
    ["for", "about", "approximately", "at least", "another", "around", ":", "=", "~"];

fn in_words(words: &str) -> Option<Duration> {
    BEFORE.iter().find_map(|&(before, bare)| {
        words.match_indices(before).find_map(|(at, _)| {
            let mut rest = words[at + before.len()..].trim_start_matches([' ', '"', '\'', '`']);
            while let Some(after) = FILLERS.iter().find_map(|filler| rest.strip_prefix(filler)) {
                rest = after.trim_start_matches([' ', '"', '\'']);
            }
            span(rest, bare).map(|it| it.0)
        })
    })
}

/// The span of time that a text begins with: `7m12s`, `1.98s`, `20ms`, `5 minutes`, `01:02:03`, `30秒`.
///
/// Without a unit it is seconds if `bare` allows that and the number ends there.
fn span(text: &str, bare: bool) -> Option<(Duration, usize)> {
    if let Some(clock) = clock(text) {
        return Some(clock);
    }
    let mut total = 0.0;
    let mut at = 0;
    let mut parts = 0;
    while let Some((number, length)) = number(&text[at..]) {
        let after = &text[at + length..];
        let spaces = after.len() - after.trim_start_matches(' ').len();
        let word: &str = &after[spaces..];
        let Some((unit, factor)) = UNITS.iter().find(|(unit, _)| is_word(word, unit)) else {
            let ends = word.is_empty() || word.starts_with(['.', ',', ';', ')', '"', '\'']);
            if bare && parts == 0 && ends {
                return seconds(number).map(|wait| (wait, length));
            }
            break;
        };
        total += number * factor;
        parts += 1;
        at += length + spaces + unit.len();
        let rest = text[at..].trim_start_matches([' ', ',']);
        let rest = rest.strip_prefix("and ").unwrap_or(rest);
        // `5s 3 requests` is five seconds: only a number with a unit goes on.
        if number_with_unit(rest) {
            at = text.len() - rest.len();
        } else {
            break;
        }
    }
    (parts > 0).then(|| seconds(total).map(|wait| (wait, at)))?
}

/// The longer spellings first.
const UNITS: [(&str, f64); 24] = [
    ("milliseconds", 0.001),
    ("millisecond", 0.001),
    ("ms", 0.001),
    ("seconds", 1.0),
    ("second", 1.0),
    ("secs", 1.0),
    ("sec", 1.0),
    ("s", 1.0),
    ("minutes", 60.0),
    ("minute", 60.0),
    ("mins", 60.0),
    ("min", 60.0),
    ("m", 60.0),
    ("hours", 3600.0),
    ("hour", 3600.0),
    ("hrs", 3600.0),
    ("h", 3600.0),
    ("days", 86400.0),
    ("day", 86400.0),
    ("d", 86400.0),
    ("毫秒", 0.001),
    ("秒", 1.0),
    ("分钟", 60.0),
    ("小时", 3600.0),
];

/// Whether `text` begins with this unit as a word: `s` in `4.77s.`, not in `2 servers`.
fn is_word(text: &str, unit: &str) -> bool {
    text.strip_prefix(unit)
        .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphabetic()))
}

fn number_with_unit(text: &str) -> bool {
    number(text).is_some_and(|(_, length)| {
        let word = text[length..].trim_start_matches(' ');
        UNITS.iter().any(|(unit, _)| is_word(word, unit))
    })
}

fn number(text: &str) -> Option<(f64, usize)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let mut length = whole;
    if text.as_bytes().get(whole) == Some(&b'.') {
        let fraction = digits(&text[whole + 1..]);
        if fraction > 0 {
            length = whole + 1 + fraction;
        }
    }
    (whole > 0).then(|| text[..length].parse().ok().map(|number| (number, length)))?
}

/// `HH:MM:SS`, with days before it as in `2.03:00:00`.
fn clock(text: &str) -> Option<(Duration, usize)> {
    let length =
        text.bytes().take_while(|byte| byte.is_ascii_digit() || b":.".contains(byte)).count();
    let text = text[..length].trim_end_matches('.');
    let (days, time) = match text.split_once('.') {
        Some((days, time)) if time.contains(':') => (days.parse::<u32>().ok()?, time),
        _ => (0, text),
    };
    let mut parts = time.split(':');
    let mut part = || parts.next()?.parse::<f64>().ok();
    let (hours, minutes, secs) = (part()?, part()?, part()?);
    let total = f64::from(days) * 86400.0 + hours * 3600.0 + minutes * 60.0 + secs;
    seconds(total).map(|wait| (wait, length))
}

/// A wait of so many seconds, if it is one: not negative, not NaN, at most a year.
fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number).ok().filter(|&wait| wait <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<f64> {
        in_words(&plain(text, 8192)).map(|wait| wait.as_secs_f64())
    }

    #[test]
    fn words_give_a_wait_in_every_usual_spelling() {
        for (text, seconds) in [
            ("Please try again in 7m12s. Visit", 432.0),
            ("Please try again in 20ms.", 0.02),
            ("try again in 1h2m3.5s", 3723.5),
            ("Please retry after 86400 seconds.", 86400.0),
            ("Please wait 27104 seconds before retrying.", 27104.0),
            ("please try again after 1 seconds", 1.0),
            ("Retry after: 30", 30.0),
            ("Try again in 1 minute and 5 seconds", 65.0),
            ("Quota will be replenished in 01:02:03", 3723.0),
            ("Quota will be replenished in 2.00:00:10.", 172_810.0),
            ("请在 30 秒后重试", 30.0),
            ("retry in 36.429760048s.", 36.429_760_048),
        ] {
            let found = said(text).unwrap_or(-1.0);
            assert!((found - seconds).abs() < 1e-6, "{text}: {found}");
        }
    }

    #[test]
    fn words_that_only_sound_like_a_wait_give_none() {
        for text in [
            "Please retry with other thinking level.",
            "Retry your request with the ID of an inference profile",
            "please wait before trying again",
            "Retry after in-flight requests settle",
            "try again in 2 servers",
            "retry after 3 failed requests",
            "try again in 99999999999999999999s",
            "wait 5% more",
        ] {
            assert_eq!(said(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_counts_from_the_present_given() {
        let date = "Fri, 06 Feb 2026 12:00:30 GMT";
        let wall = UnixMillis(1_770_379_200_000);
        assert_eq!(retry_after(date, wall), Some(Duration::from_secs(30)));
        assert_eq!(retry_after(date, UnixMillis(1_770_379_300_000)), Some(Duration::ZERO));
        assert_eq!(retry_after("10000000000", UnixMillis(0)), Some(LONGEST));
        for bad in ["", "soon", "-1", "NaN", "inf", "1e300"] {
            assert_eq!(retry_after(bad, wall), None, "{bad}");
        }
        assert_eq!(retry_after("1.5", wall), Some(Duration::from_millis(1500)));
    }
}
