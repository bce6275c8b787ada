//! How many requests came in the last minute: a pure machine that is told the time.
//!
//! A bucket of tokens would let through nearly twice its rate in one minute, all at its beginning. Counting by the
//! second costs 61 numbers and keeps the promise that the setting's name makes: never more in any 60 seconds.

use std::time::Duration;

use ft_core::Tick;

/// Any 60 seconds touch at most so many whole ones.
const SECONDS: u64 = 61;
const SLOTS: usize = 61;

/// Requests by the second in which they came.
#[derive(Clone, Debug)]
pub(super) struct MinuteWindow {
    slots: [u32; SLOTS],
    /// The second that was counted last.
    second: u64,
}

impl Default for MinuteWindow {
    fn default() -> Self {
        Self { slots: [0; SLOTS], second: 0 }
    }
}

impl MinuteWindow {
    /// Counts one more, or says in how long there will be room. A refused request is not counted: who asks too
    /// often is slowed down, not shut out.
    pub(super) fn admit(&mut self, most: u32, now: Tick) -> Result<(), Duration> {
        self.forget(now.as_nanos() / 1_000_000_000);
        let mut counted: u64 = self.slots.iter().map(|&slot| u64::from(slot)).sum();
        if counted < u64::from(most) {
            let slot = self.slot(self.second);
            *slot = slot.saturating_add(1);
            return Ok(());
        }
        // The oldest are forgotten first: up to which second must one wait until there is room?
        let mut oldest = self.second.saturating_sub(SECONDS - 1);
        while counted >= u64::from(most) && oldest <= self.second {
            counted -= u64::from(*self.slot(oldest));
            oldest += 1;
        }
        Err(Tick::from_secs(oldest - 1 + SECONDS).since(now))
    }

    /// Clears the slots of seconds that the clock has passed since.
    fn forget(&mut self, second: u64) {
        let passed = second.saturating_sub(self.second).min(SECONDS);
        for ahead in 1..=passed {
            *self.slot(self.second + ahead) = 0;
        }
        self.second = self.second.max(second);
    }

    fn slot(&mut self, second: u64) -> &mut u32 {
        let at = usize::try_from(second % SECONDS).unwrap_or(0);
        &mut self.slots[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `+12.5` lets seconds pass, `5` sends so many requests at once; the result has how many came through.
    fn check(most: u32, script: &str, expected: &[u32]) {
        let mut window = MinuteWindow::default();
        let mut now = Tick::from_secs(1_000_000);
        let mut through = Vec::new();
        for step in script.split_whitespace() {
            match step.strip_prefix('+') {
                Some(wait) => now = now + Duration::from_secs_f64(wait.parse().unwrap()),
                None => {
                    let sent: u32 = step.parse().unwrap();
                    let passed = (0..sent).filter(|_| window.admit(most, now).is_ok()).count();
                    through.push(u32::try_from(passed).unwrap());
                }
            }
        }
        assert_eq!(through, expected, "{script}");
    }

    #[test]
    fn the_whole_share_may_come_at_once() {
        check(60, "61", &[60]);
        check(1, "3", &[1]);
    }

    #[test]
    fn no_minute_has_more_than_its_share() {
        check(10, "10 +59 10 +1 10 +1 10", &[10, 0, 0, 10]);
        check(10, "+0.9 10 +60 10 +0.1 10", &[10, 0, 10]);
        check(10, "5 +30 10 +31 10 +29 10 +1 10", &[5, 5, 5, 0, 5]);
    }

    #[test]
    fn refused_requests_do_not_count() {
        check(2, "1 +1 100 +60 2", &[1, 1, 1]);
    }

    #[test]
    fn a_long_pause_forgets_all() {
        check(3, "3 +100000 4", &[3, 3]);
    }

    #[test]
    fn after_the_wait_that_was_named_there_is_room_and_just_before_there_is_not() {
        let mut window = MinuteWindow::default();
        let begin = Tick::from_nanos(5_300_000_000);
        for at in 0..5 {
            window.admit(5, begin + Duration::from_secs(at)).unwrap();
        }
        let now = begin + Duration::from_secs(10);
        let wait = window.admit(5, now).unwrap_err();
        assert!(wait <= Duration::from_secs(61), "{wait:?}");
        assert!(window.clone().admit(5, (now + wait).before(Duration::from_nanos(1))).is_err());
        assert_eq!(window.admit(5, now + wait), Ok(()));
    }

    #[test]
    fn a_clock_that_steps_back_frees_nothing() {
        let mut window = MinuteWindow::default();
        window.admit(1, Tick::from_secs(100)).unwrap();
        assert!(window.admit(1, Tick::from_secs(20)).is_err());
    }
}
