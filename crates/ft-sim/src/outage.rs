//! A time in which a model is down or slow.

use std::time::Duration;

use ft_core::Tick;

use crate::{InvalidProfile, Reply};

/// From one moment of the clock to another, something is wrong.
#[derive(Clone, Debug)]
pub struct Outage {
    pub(crate) from: Tick,
    pub(crate) until: Tick,
    pub(crate) how: How,
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
        Self { from, until, how: How::Hard(Box::new(reply)) }
    }

    /// A brown-out: for attempts that arrive from `from` on and before `until`, every wait is `factor` times as
    /// long. Errors stay as frequent as they are.
    #[must_use]
    pub fn slow(from: Tick, until: Tick, factor: f64) -> Self {
        Self { from, until, how: How::Slow(factor) }
    }

    pub(crate) fn covers(&self, now: Tick) -> bool {
        self.from <= now && now < self.until
    }

    pub(crate) fn check(&self) -> Result<(), InvalidProfile> {
        let fail = |rule| Err(InvalidProfile::new("outages", rule));
        if self.from >= self.until {
            return fail("must end after its beginning");
        }
        match self.how {
            How::Slow(factor) if !(0.0..=1_000_000.0).contains(&factor) => {
                fail("the factor must be a number from 0 to 1,000,000")
            }
            How::Slow(_) | How::Hard(_) => Ok(()),
        }
    }
}
