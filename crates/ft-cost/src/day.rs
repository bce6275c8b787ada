//! A day of the calendar, in UTC.

use std::fmt;
use std::str::FromStr;

use ft_core::UnixMillis;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A day, as `YYYY-MM-DD`. It begins at midnight UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// The day of this moment; the last day of the calendar for a moment beyond it.
    #[must_use]
    pub fn of(wall: UnixMillis) -> Self {
        let moment = i64::try_from(wall.0).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
        Self(moment.unwrap_or(Timestamp::MAX).to_zoned(TimeZone::UTC).date())
    }

    /// The moment at which it begins; the epoch for a day before 1970.
    #[must_use]
    pub fn starts(self) -> UnixMillis {
        let millis = self.0.to_zoned(TimeZone::UTC).map_or(0, |at| at.timestamp().as_millisecond());
        UnixMillis(u64::try_from(millis).unwrap_or(0))
    }

    /// Days from this day to `other`; negative when `other` is earlier.
    #[must_use]
    pub fn days_until(self, other: Self) -> i32 {
        other.0.since(self.0).map_or(0, |span| span.get_days())
    }
}

impl FromStr for Day {
    type Err = InvalidDay;

    fn from_str(text: &str) -> Result<Self, InvalidDay> {
        // jiff would also take times, years of six digits and the form without hyphens.
        let plain =
            text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        if !plain {
            return Err(InvalidDay(()));
        }
        text.parse().map(Self).map_err(|_| InvalidDay(()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Day({self})")
    }
}

/// A text that is no day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a date is an existing day written as YYYY-MM-DD")]
pub struct InvalidDay(());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_printed_and_counted() {
        let day: Day = "2026-11-22".parse().unwrap();
        assert_eq!(day.to_string(), "2026-11-22");
        assert_eq!(day.starts(), UnixMillis(1_795_305_600_000));
        assert_eq!(Day::of(UnixMillis(1_795_305_600_000 + 86_399_999)), day);
        assert_eq!(day.days_until("2026-11-30".parse().unwrap()), 8);
        assert_eq!(day.days_until("2025-11-22".parse().unwrap()), -365);
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for text in [
            "2026-02-30",
            "2026-13-01",
            "26-01-01",
            "2026/01/01",
            "20260101",
            "2026-01-01T00",
            "",
            "today",
        ] {
            assert!(text.parse::<Day>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_ends_of_time_do_no_harm() {
        assert_eq!(Day::of(UnixMillis(u64::MAX)).to_string(), "9999-12-30");
        assert_eq!("1969-12-31".parse::<Day>().unwrap().starts(), UnixMillis(0));
    }
}
