//! Windows of the calendar in a time zone.

use std::fmt;
use std::str::FromStr;

use ft_core::UnixMillis;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan, Zoned};
use serde::{Deserialize, Deserializer, Serialize};

const HOUR: u64 = 3_600_000;

/// How long a budget's money must last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpendPer {
    /// An hour, from its first minute on.
    Hour,
    /// A day, from midnight on.
    #[default]
    Day,
    /// A month, from its first midnight on.
    Month,
    /// As long as the process runs.
    Total,
}

/// A time zone: `UTC`, an offset such as `+08:00`, or a name such as `Asia/Shanghai`.
///
/// Names are looked up in the system's zone database, which small containers may lack; offsets always work.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(TimeZone::UTC);
}

impl Default for Zone {
    fn default() -> Self {
        Self::UTC
    }
}

impl FromStr for Zone {
    type Err = InvalidZone;

    fn from_str(text: &str) -> Result<Self, InvalidZone> {
        if text == "UTC" {
            return Ok(Self::UTC);
        }
        let found = match offset(text) {
            Some(zone) => Some(zone),
            None if text.starts_with(['+', '-']) => None,
            None => TimeZone::get(text).ok(),
        };
        found.map(Self).ok_or(InvalidZone(()))
    }
}

/// Reads `+08:00`.
fn offset(text: &str) -> Option<TimeZone> {
    let (sign, clock) = match text.split_at_checked(1)? {
        ("+", clock) => (1, clock),
        ("-", clock) => (-1, clock),
        _ => return None,
    };
    let (hours, minutes) = clock.split_once(':')?;
    let number = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i32>().ok().filter(|_| digits)
    };
    // The widest offset in use is +14:00.
    let (hours, minutes) =
        (number(hours).filter(|h| *h <= 14)?, number(minutes).filter(|m| *m < 60)?);
    let offset = Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok()?;
    Some(TimeZone::fixed(offset))
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.iana_name() {
            Some(name) => write!(f, "Zone({name})"),
            None => write!(f, "Zone({:?})", self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A text that names no known time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a time zone is \"UTC\", an offset such as \"+08:00\", or a name that the system's zone database has"
)]
pub struct InvalidZone(());

/// One window. Without an end it lasts for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: UnixMillis,
    pub(super) end: Option<UnixMillis>,
}

/// Cuts time into windows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Calendar {
    pub(super) per: SpendPer,
    pub(super) zone: Zone,
}

impl Calendar {
    /// The window of a moment. Beyond the calendar's last year it has no end, and begins at that moment, so
    /// that a clock which was wrong finds back.
    pub(super) fn span(&self, wall: UnixMillis) -> Span {
        let start = if self.per == SpendPer::Total { UnixMillis(0) } else { wall };
        self.cut(wall).unwrap_or(Span { start, end: None })
    }

    fn cut(&self, wall: UnixMillis) -> Option<Span> {
        let moment = Timestamp::from_millisecond(i64::try_from(wall.0).ok()?).ok()?;
        let zoned = moment.to_zoned(self.zone.0.clone());
        let (start, end) = match self.per {
            SpendPer::Total => return None,
            SpendPer::Hour => return Some(hour(wall, zoned.offset())),
            SpendPer::Day => {
                let start = zoned.start_of_day().ok()?;
                let end = start.tomorrow().ok()?.start_of_day().ok()?;
                (start, end)
            }
            SpendPer::Month => {
                let start = zoned.first_of_month().ok()?.start_of_day().ok()?;
                let end = start.checked_add(1.month()).ok()?.first_of_month().ok()?;
                (start, end.start_of_day().ok()?)
            }
        };
        Some(Span { start: millis(&start), end: Some(millis(&end)) })
    }
}

/// An hour of a zone whose offset may be off the full hour, as India's is.
fn hour(wall: UnixMillis, offset: Offset) -> Span {
    let shift = i64::from(offset.seconds()) * 1_000;
    let local = i128::from(wall.0) + i128::from(shift);
    let into = u64::try_from(local.rem_euclid(i128::from(HOUR))).unwrap_or(0);
    // Near 1970 the hour may have begun before the epoch.
    let end = wall.0.saturating_add(HOUR - into);
    Span { start: UnixMillis(wall.0.saturating_sub(into)), end: Some(UnixMillis(end)) }
}

fn millis(at: &Zoned) -> UnixMillis {
    UnixMillis(u64::try_from(at.timestamp().as_millisecond()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMillis {
        millis(&text.parse::<Timestamp>().unwrap().to_zoned(TimeZone::UTC))
    }

    fn check(per: SpendPer, zone: &str, wall: &str, start: &str, end: &str) {
        let calendar = Calendar { per, zone: zone.parse().unwrap() };
        let expected = Span { start: at(start), end: Some(at(end)) };
        assert_eq!(calendar.span(at(wall)), expected, "{wall} in {zone}");
        let last = UnixMillis(expected.end.unwrap().0 - 1);
        assert_eq!(calendar.span(expected.start), expected, "first moment");
        assert_eq!(calendar.span(last), expected, "last moment");
    }

    #[test]
    fn windows_begin_where_the_zone_says() {
        use SpendPer::{Day, Hour, Month};
        let noon = "2026-11-22T12:34:56Z";
        check(Hour, "UTC", noon, "2026-11-22T12:00:00Z", "2026-11-22T13:00:00Z");
        check(Hour, "+05:30", noon, "2026-11-22T12:30:00Z", "2026-11-22T13:30:00Z");
        check(Day, "UTC", noon, "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z");
        check(
            Day,
            "+08:00",
            "2026-11-22T16:00:00Z",
            "2026-11-22T16:00:00Z",
            "2026-11-23T16:00:00Z",
        );
        check(
            Day,
            "-08:00",
            "2026-11-22T07:59:59Z",
            "2026-11-21T08:00:00Z",
            "2026-11-22T08:00:00Z",
        );
        check(Month, "UTC", "2028-02-29T23:59:59Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z");
        check(
            Month,
            "+08:00",
            "2026-12-31T16:00:00Z",
            "2026-12-31T16:00:00Z",
            "2027-01-31T16:00:00Z",
        );
    }

    #[test]
    fn a_day_of_clock_change_has_its_own_length() {
        // The zone database may be absent where this runs; a rule in POSIX form never is.
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let calendar = Calendar { per: SpendPer::Day, zone: Zone(berlin) };
        let length = |wall| {
            let span = calendar.span(at(wall));
            (span.end.unwrap().0 - span.start.0) / HOUR
        };
        assert_eq!(length("2026-03-29T12:00:00Z"), 23);
        assert_eq!(length("2026-10-25T12:00:00Z"), 25);
        assert_eq!(length("2026-10-26T12:00:00Z"), 24);
    }

    #[test]
    fn total_and_the_end_of_the_calendar_never_end() {
        let calendar = |per| Calendar { per, zone: Zone::UTC };
        assert_eq!(calendar(SpendPer::Total).span(UnixMillis(5)).end, None);
        assert_eq!(calendar(SpendPer::Day).span(UnixMillis(u64::MAX)).end, None);
        assert_eq!(calendar(SpendPer::Day).span(UnixMillis(0)).start, UnixMillis(0));
        let before_1970 = Calendar { per: SpendPer::Month, zone: "-08:00".parse().unwrap() };
        assert_eq!(before_1970.span(UnixMillis(0)).start, UnixMillis(0));
    }

    #[test]
    fn zones_that_do_not_exist_are_refused() {
        for text in ["", "+8", "+08:60", "+15:00", "+0a:00", "-", "Nowhere/Atlantis", "+é:00", "é"]
        {
            assert!(text.parse::<Zone>().is_err(), "{text:?}");
        }
    }
}
