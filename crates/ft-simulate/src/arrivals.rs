//! When requests come: a pure machine that gives one moment after the other.

use std::collections::VecDeque;
use std::time::Duration;

use ft_core::Entropy;
use ft_sim::Latency;

use crate::scenario::units::DAY;
use crate::scenario::{Arrivals, Burst, Daily, Traffic};
use crate::trace::Trace;

/// When requests come.
#[derive(Debug)]
pub(crate) enum Source {
    /// At moments of their own, whatever becomes of the ones before.
    Open { clockwork: Clockwork, next: Duration },
    /// When the callers are ready for them, soonest first.
    Closed { due: VecDeque<Duration>, pause: Duration },
    /// As recorded.
    Recorded { trace: Trace, at: usize },
}

impl Source {
    /// `factor` is how many times as many come as the traffic says.
    pub(crate) fn new(traffic: &Traffic, trace: Option<Trace>, seed: u64, factor: f64) -> Self {
        if let Some(trace) = trace {
            return Self::Recorded { trace, at: 0 };
        }
        match traffic.arrivals {
            Arrivals::Sequential => Self::Closed {
                due: (0..traffic.callers).map(|_| Duration::ZERO).collect(),
                pause: traffic.pause,
            },
            Arrivals::Poisson | Arrivals::Even => {
                let mut clockwork = Clockwork::new(traffic, seed, factor);
                let next = clockwork.next(Duration::ZERO);
                Self::Open { clockwork, next }
            }
        }
    }

    /// When the next request comes; `None` while nobody is going to ask.
    pub(crate) fn peek(&self) -> Option<Duration> {
        match self {
            Self::Open { next, .. } => Some(*next),
            Self::Closed { due, .. } => due.front().copied(),
            Self::Recorded { trace, at } => trace.requests().get(*at).map(|request| request.at),
        }
    }

    /// The next request has come.
    pub(crate) fn pop(&mut self) {
        match self {
            Self::Open { clockwork, next } => *next = clockwork.next(*next),
            Self::Closed { due, .. } => {
                due.pop_front();
            }
            Self::Recorded { at, .. } => *at += 1,
        }
    }

    /// A request has ended: its caller may ask again.
    pub(crate) fn ended(&mut self, began: Duration, now: Duration) {
        if let Self::Closed { due, pause } = self {
            let ready = (now + *pause).max(began + SHORTEST_TURN);
            let at = due.partition_point(|other| *other <= ready);
            due.insert(at, ready);
        }
    }

    /// The request of this number, if it was recorded.
    pub(crate) fn recorded(&self, number: u64) -> Option<&crate::trace::Request> {
        match self {
            Self::Recorded { trace, .. } => trace.requests().get(usize::try_from(number).ok()?),
            Self::Open { .. } | Self::Closed { .. } => None,
        }
    }
}

/// A caller who is answered or refused at once, and does not pause, still takes this long: else it would ask for ever
/// at one moment, and time would stand still. Timers have no shorter step.
const SHORTEST_TURN: Duration = Duration::from_millis(1);

/// Moments at a rate that changes with the time of day and in bursts.
///
/// The rate is constant within a slice; what is drawn is how much rate passes until the next request, so that no
/// burst is jumped over, however rare requests are outside of it.
#[derive(Debug)]
pub(crate) struct Clockwork {
    draw: Entropy,
    even: bool,
    /// The mean time between two requests at the average rate.
    gap: Duration,
    course: Course,
}

/// How the rate changes with the time of day and in bursts.
#[derive(Debug)]
pub(crate) struct Course {
    gap: Duration,
    daily: Option<Daily>,
    bursts: Vec<Burst>,
}

/// Nothing in a scenario may be later; what is, counts as never.
const LATEST: Duration = Duration::from_secs(10 * 366 * 24 * 3_600);

/// How long the time of day is taken to stand still: the rate of a full swing changes by 0.5 % a minute.
const SLICE: Duration = Duration::from_secs(60);

impl Clockwork {
    fn new(traffic: &Traffic, seed: u64, factor: f64) -> Self {
        let course = Course::new(traffic);
        #[expect(clippy::float_cmp, reason = "exactly as the traffic says, without a rounding")]
        let gap = if factor == 1.0 {
            course.gap
        } else {
            Duration::try_from_secs_f64(course.gap.as_secs_f64() / factor).unwrap_or(Duration::MAX)
        };
        Self {
            draw: Entropy::seeded(seed).split(),
            even: traffic.arrivals == Arrivals::Even,
            gap: gap.clamp(Duration::from_nanos(1), LATEST),
            course,
        }
    }

    /// The first moment after this one.
    fn next(&mut self, after: Duration) -> Duration {
        let drawn = match self.even {
            true => self.gap,
            false => Latency::exponential(self.gap).draw(&mut self.draw),
        };
        if self.course.is_level() {
            return after.saturating_add(drawn);
        }
        let mut left = drawn.as_secs_f64();
        let mut at = after;
        loop {
            let (factor, until) = self.course.slice(at);
            let whole = (until - at).as_secs_f64() * factor;
            if left < whole {
                return at + Duration::try_from_secs_f64(left / factor).unwrap_or(SLICE);
            }
            left -= whole;
            at = until;
        }
    }
}

impl Course {
    pub(crate) fn new(traffic: &Traffic) -> Self {
        let gap = traffic.rate.map_or(Duration::from_secs(1), |rate| {
            let amount = u32::try_from(rate.amount).unwrap_or(u32::MAX);
            (rate.per / amount).max(Duration::from_nanos(1))
        });
        let daily = traffic.daily.filter(|daily| daily.swing > 0.0);
        Self { gap, daily, bursts: traffic.bursts.clone() }
    }

    fn is_level(&self) -> bool {
        self.daily.is_none() && self.bursts.is_empty()
    }

    /// How many requests come until this moment, on average.
    pub(crate) fn requests(&self, until: Duration) -> f64 {
        self.stretches().take_while(|(from, _, _)| *from < until).fold(
            0.0,
            |sum, (from, to, factor)| {
                sum + (to.min(until) - from).as_secs_f64() * factor / self.gap.as_secs_f64()
            },
        )
    }

    /// When as many requests as this have come, on average.
    pub(crate) fn moment(&self, requests: u64) -> Duration {
        let mut left = Duration::from_nanos(requests).as_secs_f64() * 1e9 * self.gap.as_secs_f64();
        for (from, to, factor) in self.stretches() {
            let whole = (to - from).as_secs_f64() * factor;
            if left <= whole {
                let into = Duration::try_from_secs_f64(left / factor).unwrap_or_default();
                return from + into;
            }
            left -= whole;
        }
        LATEST
    }

    /// Times of one rate: from when, until when, and the factor on it.
    fn stretches(&self) -> impl Iterator<Item = (Duration, Duration, f64)> {
        let mut at = Duration::ZERO;
        std::iter::from_fn(move || {
            if at >= LATEST {
                return None;
            }
            let (factor, until) = if self.is_level() { (1.0, LATEST) } else { self.slice(at) };
            let from = std::mem::replace(&mut at, until);
            Some((from, until, factor))
        })
    }

    /// The factor on the rate at this moment, and until when it holds.
    fn slice(&self, at: Duration) -> (f64, Duration) {
        let slices = at.as_secs() / SLICE.as_secs();
        let mut until = Duration::from_secs((slices + 1) * SLICE.as_secs());
        let mut factor = self.daily.map_or(1.0, |daily| daily.factor(at));
        for burst in &self.bursts {
            let (on, ends) = burst.at(at);
            if on {
                factor *= burst.times;
            }
            until = ends.map_or(until, |ends| until.min(ends));
        }
        (factor, until)
    }
}

impl Daily {
    fn factor(&self, at: Duration) -> f64 {
        let into = (at + DAY - self.peak).as_secs() % DAY.as_secs();
        let day = u32::try_from(into).map_or(0.0, f64::from) / DAY.as_secs_f64();
        // A quiet moment without any request would make the next one wait for ever.
        (1.0 + self.swing * cosine_of_turns(day)).max(1e-3)
    }
}

/// The cosine of so many turns, from 0 to 1, within 0.002: Bhaskara's formula, since the platform's own cosine
/// differs from one machine to the next.
fn cosine_of_turns(turns: f64) -> f64 {
    let sine = (turns + 0.25) % 1.0;
    let (half, sign) = if sine < 0.5 { (2.0 * sine, 1.0) } else { (2.0 * sine - 1.0, -1.0) };
    let product = half * (1.0 - half);
    sign * 16.0 * product / (5.0 - 4.0 * product)
}

impl Burst {
    /// Whether it is on, and when that changes next.
    fn at(&self, now: Duration) -> (bool, Option<Duration>) {
        let first = self.from.or(self.every).unwrap_or_default();
        if now < first {
            return (false, Some(first));
        }
        let period = self.every.map_or(u128::MAX, |every| every.as_nanos());
        let rounds = (now - first).as_nanos() / period;
        let began = first + self.every.unwrap_or_default() * u32::try_from(rounds).unwrap_or(0);
        let over = began + self.lasts;
        if now < over { (true, Some(over)) } else { (false, self.every.map(|every| began + every)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clockwork(fields: &str) -> Clockwork {
        let traffic: Traffic = toml::from_str(fields).unwrap();
        Clockwork::new(&traffic, 1, 1.0)
    }

    fn moments(clockwork: &mut Clockwork, until: Duration) -> Vec<Duration> {
        let mut at = Duration::ZERO;
        std::iter::from_fn(|| {
            at = clockwork.next(at);
            (at < until).then_some(at)
        })
        .collect()
    }

    #[test]
    fn requests_come_at_the_rate() {
        let hour = Duration::from_secs(3_600);
        let even = moments(&mut clockwork("arrivals = \"even\"\nrate = \"4/s\""), hour);
        assert_eq!(even.len(), 4 * 3_600 - 1);
        let poisson = moments(&mut clockwork("arrivals = \"poisson\"\nrate = \"4/s\""), hour);
        // Three standard deviations.
        assert!((14_040..=14_760).contains(&poisson.len()), "{}", poisson.len());
    }

    #[test]
    fn a_day_has_its_peak_and_as_many_requests_as_without_one() {
        let fields =
            "arrivals = \"poisson\"\nrate = \"2/s\"\ndaily = { peak = \"14h\", swing = 0.8 }";
        let day = moments(&mut clockwork(fields), DAY);
        let within = |from: u64, to: u64| {
            day.iter().filter(|at| (from * 3_600..to * 3_600).contains(&at.as_secs())).count()
        };
        assert!((171_500..=174_100).contains(&day.len()), "{}", day.len());
        let (busy, quiet) = (within(13, 15), within(1, 3));
        assert!((25_200..=26_300).contains(&busy), "{busy}");
        assert!((2_600..=3_300).contains(&quiet), "{quiet}");
    }

    #[test]
    fn a_burst_is_found_even_where_requests_are_rare() {
        let fields = "arrivals = \"even\"\nrate = \"1/h\"\n\
            bursts = [{ from = \"30m\", every = \"2h\", for = \"1m\", times = 600 }]";
        let found = moments(&mut clockwork(fields), Duration::from_secs(3 * 3_600));
        let in_burst = |at: &&Duration| {
            (1_800..1_861).contains(&at.as_secs()) || (9_000..9_061).contains(&at.as_secs())
        };
        // 600 requests an hour for a minute are ten, twice; and one for each of the hours between.
        assert_eq!(found.iter().filter(in_burst).count(), 20);
        assert_eq!(found.len(), 22);
    }

    #[test]
    fn a_course_knows_how_many_come_and_when() {
        let fields = "arrivals = \"poisson\"\nrate = \"4/s\"\ndaily = { peak = \"14h\", swing = 0.8 }\n\
            bursts = [{ every = \"2h\", for = \"3m\", times = 5.0 }]";
        let traffic: Traffic = toml::from_str(fields).unwrap();
        let course = Course::new(&traffic);
        let day = course.requests(DAY);
        // Eleven bursts of three minutes, four times as much more: about a tenth above the average.
        assert!((375_000.0..385_000.0).contains(&day), "{day}");
        let played = moments(&mut clockwork(fields), DAY).len();
        assert!((played as f64 / day - 1.0).abs() < 0.006, "{played}, not {day}");
        let noon = course.requests(DAY / 2);
        let noon = (0_u64..).find(|&number| number as f64 >= noon).unwrap();
        let moment = course.moment(noon).as_secs_f64();
        assert!((moment / (DAY / 2).as_secs_f64() - 1.0).abs() < 1e-3, "{moment}");
    }

    #[test]
    fn thinned_traffic_lasts_as_long_and_is_as_uneven() {
        let fields = "arrivals = \"poisson\"\nrate = \"20/s\"\nbursts = [{ from = \"30m\", for = \"30m\", times = 9.0 }]";
        let traffic: Traffic = toml::from_str(fields).unwrap();
        let hour = Duration::from_secs(3_600);
        let thinned = moments(&mut Clockwork::new(&traffic, 1, 0.01), hour);
        let late = thinned.iter().filter(|at| **at > hour / 2).count();
        assert!((3_400..3_800).contains(&thinned.len()), "{}", thinned.len());
        assert!((3_050..3_430).contains(&late), "{late}");
    }

    #[test]
    fn one_request_a_day_is_one_a_day() {
        let rare = "arrivals = \"poisson\"\nrate = \"1/day\"";
        let years = moments(&mut clockwork(rare), 3_650 * DAY).len();
        // Three standard deviations.
        assert!((3_468..=3_832).contains(&years), "{years} in ten years");
    }

    #[test]
    fn a_caller_who_is_refused_at_once_asks_again_later() {
        let traffic: Traffic = toml::from_str("callers = 2").unwrap();
        let mut source = Source::new(&traffic, None, 1, 1.0);
        let millis = Duration::from_millis;
        source.pop();
        source.pop();
        assert_eq!(source.peek(), None);
        source.ended(millis(5), millis(5));
        source.ended(millis(0), millis(5));
        assert_eq!(source.peek(), Some(millis(5)));
        source.pop();
        assert_eq!(source.peek(), Some(millis(6)));
    }

    #[test]
    fn the_wave_is_a_cosine() {
        for (turns, cosine) in [(0.0, 1.0), (0.25, 0.0), (0.5, -1.0), (0.75, 0.0), (1.0 / 6.0, 0.5)]
        {
            assert!((cosine_of_turns(turns) - cosine).abs() < 0.002, "{turns}");
        }
    }
}
