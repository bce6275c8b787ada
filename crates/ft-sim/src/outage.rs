//! A time in which a model is down or slow.

use std::time::Duration;

use ft_core::time::nanos;
use ft_core::{Entropy, Tick};

use crate::{InvalidProfile, Latency, Reply};

/// From one moment of the clock to another, something is wrong.
#[derive(Clone, Debug)]
pub struct Outage {
    pub(crate) from: Tick,
    pub(crate) until: Tick,
    /// How long each period is, and how much of its beginning is out.
    period: Option<(Duration, Duration)>,
    chance: Option<Chance>,
    pub(crate) how: How,
}

/// Windows that are drawn one after the other as time comes to them, however long a run is.
#[derive(Clone, Debug)]
struct Chance {
    gap: Latency,
    lasts: Latency,
    draw: Entropy,
    /// The window at hand, or the next.
    window: (Tick, Tick),
}

impl Chance {
    fn advance(&mut self) {
        let from = self.window.1.after(self.gap.draw(&mut self.draw));
        let lasts = self.lasts.draw(&mut self.draw).max(Duration::from_millis(1));
        self.window = (from, from.after(lasts));
    }
}

#[derive(Clone, Debug)]
pub(crate) enum How {
    /// Every attempt meets this.
    Hard(Box<Reply>),
    /// Every wait is this many times as long.
    Slow(f64),
}

impl Outage {
    /// Every attempt that arrives from `from` on and before `until` is answered with status 503 after 1 ms.
    #[must_use]
    pub fn hard(from: Tick, until: Tick) -> Self {
        Self::replying(from, until, Reply::down().latency(Duration::from_millis(1)))
    }

    /// Every attempt that arrives from `from` on and before `until` meets this reply.
    #[must_use]
    pub fn replying(from: Tick, until: Tick, reply: Reply) -> Self {
        Self { from, until, period: None, chance: None, how: How::Hard(Box::new(reply)) }
    }

    /// A brown-out: for attempts that arrive from `from` on and before `until`, every wait is `factor` times as
    /// long. Errors stay as frequent as they are.
    #[must_use]
    pub fn slow(from: Tick, until: Tick, factor: f64) -> Self {
        Self { from, until, period: None, chance: None, how: How::Slow(factor) }
    }

    /// Makes it flap: out for the first `down` of each `every`, well for the rest, from its beginning to its end.
    #[must_use]
    pub fn flapping(mut self, down: Duration, every: Duration) -> Self {
        self.period = Some((every, down));
        self
    }

    /// Makes it come and go by chance from its beginning to its end: well for a `gap`, out for as long as it `lasts`
    /// (at least 1 ms), and so on. The same generator gives the same times. Gaps must not be zero.
    #[must_use]
    pub fn by_chance(mut self, gap: Latency, lasts: Latency, draw: Entropy) -> Self {
        let mut chance = Chance { gap, lasts, draw, window: (self.from, self.from) };
        chance.advance();
        self.chance = Some(chance);
        self
    }

    /// Whether it is out. Asked of moments that do not go back.
    pub(crate) fn covers(&mut self, now: Tick) -> bool {
        if now < self.from || now >= self.until {
            return false;
        }
        if let Some(chance) = &mut self.chance {
            while chance.window.1 <= now {
                chance.advance();
            }
            if now < chance.window.0 {
                return false;
            }
        }
        self.period.is_none_or(|(every, down)| {
            let into = nanos(now.since(self.from)) % nanos(every).max(1);
            into < nanos(down)
        })
    }

    pub(crate) fn check(&self) -> Result<(), InvalidProfile> {
        let fail = |rule| Err(InvalidProfile::new("outages", rule));
        if self.from >= self.until {
            return fail("must end after its beginning");
        }
        if let Some((every, down)) = self.period
            && (down.is_zero() || down >= every)
        {
            return fail("must be down for a part of each period, above zero and below all of it");
        }
        match self.how {
            How::Slow(factor) if !(0.0..=1_000_000.0).contains(&factor) => {
                fail("the factor must be a number from 0 to 1,000,000")
            }
            How::Slow(_) | How::Hard(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flapping_outage_is_out_at_the_beginning_of_each_period_and_ends() {
        let (from, until) = (Tick::from_secs(100), Tick::from_secs(125));
        let mut outage =
            Outage::hard(from, until).flapping(Duration::from_secs(3), Duration::from_secs(10));
        let mut out = |second| outage.covers(Tick::from_secs(second));
        let seconds: Vec<u64> = (95..140).filter(|&second| out(second)).collect();
        assert_eq!(seconds, [100, 101, 102, 110, 111, 112, 120, 121, 122]);
        assert!(outage.check().is_ok());
    }

    #[test]
    fn an_outage_by_chance_comes_again_for_as_long_as_it_is_asked() {
        let minutes = |minutes: u64| Latency::fixed(Duration::from_secs(60 * minutes));
        let always = || Outage::hard(Tick::ZERO, Tick::MAX);
        let mut regular = always().by_chance(minutes(2), minutes(1), Entropy::seeded(1));
        let out: Vec<u64> = (0..9).filter(|at| regular.covers(Tick::from_secs(60 * at))).collect();
        assert_eq!(out, [2, 5, 8]);
        let gap = Latency::exponential(Duration::from_secs(540));
        let mut drawn = always().by_chance(gap, minutes(1), Entropy::seeded(1));
        let mut again = drawn.clone();
        let day = |outage: &mut Outage, day: u64| {
            let seconds = 86_400 * day..86_400 * (day + 1);
            seconds.filter(|&second| outage.covers(Tick::from_secs(second))).count()
        };
        // A tenth of the time: 144 windows of a day, three standard deviations are 36.
        for at in [0, 1, 400] {
            let seconds = day(&mut drawn, at);
            assert!((6_480..=10_800).contains(&seconds), "{seconds}");
            assert_eq!(seconds, day(&mut again, at));
        }
    }

    #[test]
    fn an_outage_that_never_or_always_flaps_is_refused() {
        let outage = Outage::hard(Tick::ZERO, Tick::from_secs(60));
        for (down, every) in [(0, 10), (10, 10), (5, 0)] {
            let (down, every) = (Duration::from_secs(down), Duration::from_secs(every));
            assert!(outage.clone().flapping(down, every).check().is_err());
        }
    }
}
