//! What the demo plays: who asks what when, how good the providers are, and when the first one is down.

use std::time::Duration;

use ft_core::{Entropy, Tick};
use ft_sim::{Faults, InvalidProfile, Latency, Model, Outage, Profile, Reply};

/// The models of the chain, best first: the seed article's.
pub(crate) const MODELS: [&str; 3] = ["gpt-4.1", "claude-sonnet-4.5", "gemini-2.5-flash"];

/// How long the breaker stays open. The default is 30 s; a demo of a quarter of a minute would not see it close.
pub(crate) const OPEN_FOR: Duration = Duration::from_secs(2);

/// Real answers that the chain promises: one request in a thousand may go without.
pub(crate) const PROMISE: (u64, u64) = (999, 1_000);

/// How often a caller asks, unless its last answer took longer.
const PACE: Duration = Duration::from_millis(500);

/// Shorter runs would end before the breaker has let a probe through.
const SHORTEST: Duration = Duration::from_secs(8);

/// Longer runs are a typing mistake.
const LONGEST: Duration = Duration::from_secs(10 * 60);

/// The outage, in hundredths of the run.
const OUTAGE: (u32, u32) = (30, 58);

/// One request in so many repeats a common question.
const REPEATED: u64 = 12;

const COMMON: [&str; 8] = [
    "How do I reset my password?",
    "What are your opening hours?",
    "Where is my parcel?",
    "How can I cancel my order?",
    "Do you ship abroad?",
    "How do I change my address?",
    "Which cards do you take?",
    "Can I talk to a person?",
];

const TOPICS: [&str; 6] =
    ["quantum entanglement", "tides", "vaccines", "compound interest", "rainbows", "fermentation"];

/// One run of the demo.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) requests: u64,
    pub(crate) callers: u64,
    pub(crate) seed: u64,
    /// From the first request's turn to the last one's.
    pub(crate) span: Duration,
    /// When the first model is down.
    pub(crate) outage: (Duration, Duration),
}

/// What one request asks, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) prompt: String,
    pub(crate) streamed: bool,
}

impl Scenario {
    /// # Errors
    /// The flag and the rule, when the run would take too long.
    pub(crate) fn new(requests: u64, callers: u64, seed: u64) -> Result<Self, String> {
        let turns = requests.div_ceil(callers);
        let span = u32::try_from(turns).ok().and_then(|turns| PACE.checked_mul(turns));
        let Some(span) = span.filter(|span| *span <= LONGEST) else {
            return Err(format!(
                "--requests: {requests} from {callers} callers, who ask twice a second, would take longer \
                 than {} minutes; ask for fewer requests or more --callers",
                LONGEST.as_secs() / 60
            ));
        };
        let span = span.max(SHORTEST);
        let at = |hundredths| span * hundredths / 100;
        Ok(Self { requests, callers, seed, span, outage: (at(OUTAGE.0), at(OUTAGE.1)) })
    }

    /// When this request's turn is, from the start. Turns are evenly spread, so that an outage meets its share of
    /// the requests also where failures are faster than answers.
    pub(crate) fn due(&self, number: u64) -> Duration {
        let nanos = self.span.as_nanos() * u128::from(number) / u128::from(self.requests.max(1));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// What this request asks.
    pub(crate) fn question(&self, number: u64) -> Question {
        let mut draw =
            Entropy::seeded(self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).split();
        let streamed = draw.chance(0.5);
        let prompt = if draw.below(REPEATED) == 0 {
            pick(&COMMON, &mut draw).to_owned()
        } else {
            format!("Explain {} in simple terms. Case {number}.", pick(&TOPICS, &mut draw))
        };
        Question { prompt, streamed }
    }

    pub(crate) fn is_outage(&self, at: Duration) -> bool {
        (self.outage.0..self.outage.1).contains(&at)
    }

    /// The simulated provider of one model, in a run that starts at `start` of its clock.
    ///
    /// # Errors
    /// When a figure below is impossible.
    pub(crate) fn model(&self, place: usize, start: Tick) -> Result<Model, InvalidProfile> {
        // Mean, 99th percentile and share of failures. The first two models are the article's; the third has its
        // fastest latency, and a share of ours.
        let (mean, p99, share) = match place {
            0 => (312, 1_842, 0.058),
            1 => (489, 2_156, 0.082),
            _ => (47, 156, 0.02),
        };
        let mut profile = Profile::default();
        profile.latency =
            Latency::from_mean_p99(Duration::from_millis(mean), Duration::from_millis(p99))?;
        profile.faults = faults(share);
        if place == 0 {
            let (from, until) = self.outage;
            let down = Reply::down().latency(Duration::from_millis(1));
            profile.outages = vec![Outage::replying(start.after(from), start.after(until), down)];
        }
        Model::new(profile)
    }
}

/// This share of attempts, in a mix of ours. Throttling is left out: providers throttle in bursts, and a wait of a
/// second drawn at random on every hundredth call is nobody's limit.
fn faults(share: f64) -> Faults {
    let mut faults = Faults::default();
    faults.server_error = 0.45 * share;
    faults.overloaded = 0.25 * share;
    faults.reset = 0.12 * share;
    faults.hang = 0.05 * share;
    faults.cut = 0.07 * share;
    faults.stall = 0.03 * share;
    faults.malformed = 0.01 * share;
    faults.error_inside = 0.02 * share;
    faults
}

fn pick<'a>(from: &[&'a str], draw: &mut Entropy) -> &'a str {
    let at = usize::try_from(draw.below(from.len() as u64)).unwrap_or(0);
    from[at]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_turns_are_spread_over_the_run_and_each_caller_asks_twice_a_second() {
        let scenario = Scenario::new(2_000, 64, 42).unwrap();
        assert_eq!(scenario.span, Duration::from_secs(16));
        assert_eq!(scenario.due(0), Duration::ZERO);
        assert_eq!(scenario.due(1_000), Duration::from_secs(8));
        let met = (0..2_000).filter(|&n| scenario.is_outage(scenario.due(n))).count();
        assert_eq!(met, 560);
    }

    #[test]
    fn a_short_run_still_lasts_until_the_breaker_has_probed() {
        let scenario = Scenario::new(1, 1, 0).unwrap();
        assert_eq!(scenario.span, Duration::from_secs(8));
        assert!(scenario.span - scenario.outage.1 > OPEN_FOR);
    }

    #[test]
    fn a_run_of_hours_is_refused_by_the_name_of_its_flag() {
        let refusal = Scenario::new(100_000, 1, 0).unwrap_err();
        assert!(refusal.starts_with("--requests: 100000 from 1 callers"), "{refusal}");
        assert!(Scenario::new(u64::MAX, 1, 0).is_err());
    }

    #[test]
    fn one_seed_asks_one_series_of_questions_some_of_them_repeated_and_about_half_streamed() {
        let series = |seed| {
            let scenario = Scenario::new(2_000, 64, seed).unwrap();
            (0..2_000).map(|n| scenario.question(n)).collect::<Vec<_>>()
        };
        let questions = series(42);
        assert_eq!(questions, series(42));
        assert_ne!(questions, series(43));
        let streamed = questions.iter().filter(|question| question.streamed).count();
        assert!((900..1_100).contains(&streamed), "{streamed}");
        let repeated =
            questions.iter().filter(|question| COMMON.contains(&question.prompt.as_str())).count();
        assert!((120..220).contains(&repeated), "{repeated}");
    }

    #[test]
    fn every_simulated_model_can_be_made() {
        let scenario = Scenario::new(2_000, 64, 42).unwrap();
        for place in 0..MODELS.len() {
            assert!(scenario.model(place, Tick::from_secs(1)).is_ok());
        }
    }
}
