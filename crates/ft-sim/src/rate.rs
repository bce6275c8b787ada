//! A rate limit that really counts: a token bucket in integers.

use std::time::Duration;

use ft_core::Tick;
use ft_core::time::nanos;

/// So much per so long. The bucket is full at first, and refills evenly, by the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How much a full bucket holds, and how much flows in within [`per`](Self::per).
    pub amount: u64,
    /// How long an empty bucket takes to fill.
    pub per: Duration,
}

impl Rate {
    /// This much a second.
    #[must_use]
    pub const fn per_second(amount: u64) -> Self {
        Self { amount, per: Duration::from_secs(1) }
    }

    /// This much a minute, as providers publish their limits.
    #[must_use]
    pub const fn per_minute(amount: u64) -> Self {
        Self { amount, per: Duration::from_secs(60) }
    }
}

/// What a bucket says to a demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    Now,
    In(Duration),
    Never,
}

/// The level of one bucket. Its unit is amount × nanosecond, so that nothing is ever rounded.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    amount: u128,
    per: u128,
    level: u128,
    at: Option<Tick>,
}

impl Bucket {
    pub(crate) fn full(rate: Rate) -> Self {
        let (amount, per) = (u128::from(rate.amount), u128::from(nanos(rate.per)));
        Self { amount, per, level: amount * per, at: None }
    }

    /// Whether this much could be taken now. Takes nothing.
    pub(crate) fn room(&mut self, wanted: u64, now: Tick) -> Room {
        let past = nanos(now.since(self.at.unwrap_or(now)));
        self.at = Some(self.at.map_or(now, |at| at.max(now)));
        self.level = (self.level + u128::from(past) * self.amount).min(self.amount * self.per);
        let wanted = u128::from(wanted) * self.per;
        if wanted <= self.level {
            Room::Now
        } else if wanted > self.amount * self.per {
            Room::Never
        } else {
            let wait = (wanted - self.level).div_ceil(self.amount);
            Room::In(Duration::from_nanos(u64::try_from(wait).unwrap_or(u64::MAX)))
        }
    }

    /// Takes this much, or what is left.
    pub(crate) fn take(&mut self, amount: u64) {
        self.level = self.level.saturating_sub(u128::from(amount) * self.per);
    }

    /// What could be taken at once, as of the last look.
    pub(crate) fn left(&self) -> u64 {
        u64::try_from(self.level / self.per).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(bucket: &mut Bucket, wanted: u64, now: Tick) -> Room {
        let room = bucket.room(wanted, now);
        if room == Room::Now {
            bucket.take(wanted);
        }
        room
    }

    #[test]
    fn a_bucket_gives_exactly_its_amount_and_then_says_when() {
        let mut bucket = Bucket::full(Rate::per_second(3));
        let start = Tick::from_secs(7);
        let rooms: Vec<_> = (0..4).map(|_| take(&mut bucket, 1, start)).collect();
        let third = Duration::from_nanos(333_333_334);
        assert_eq!(rooms, [Room::Now, Room::Now, Room::Now, Room::In(third)]);
        let early = start + (third - Duration::from_nanos(1));
        assert_eq!(take(&mut bucket, 1, early), Room::In(Duration::from_nanos(1)));
        assert_eq!(take(&mut bucket, 1, start + third), Room::Now);
    }

    #[test]
    fn over_an_hour_exactly_the_rate_flows_through() {
        let mut bucket = Bucket::full(Rate::per_minute(7));
        let taken = (0..3_600_u64)
            .filter(|&second| take(&mut bucket, 1, Tick::from_secs(second)) == Room::Now)
            .count();
        // The full bucket at the start, and what flowed in over the 3,599 s to the last demand.
        assert_eq!(taken, 7 + 7 * 3_599 / 60);
    }

    #[test]
    fn a_demand_above_the_bucket_is_never_met_and_time_going_back_adds_nothing() {
        let mut bucket = Bucket::full(Rate::per_minute(10));
        assert_eq!(take(&mut bucket, 11, Tick::ZERO), Room::Never);
        assert_eq!(take(&mut bucket, 10, Tick::from_secs(60)), Room::Now);
        assert_eq!(bucket.left(), 0);
        assert_eq!(take(&mut bucket, 1, Tick::ZERO), Room::In(Duration::from_secs(6)));
        assert_eq!(take(&mut bucket, 1, Tick::from_secs(60)), Room::In(Duration::from_secs(6)));
    }
}
