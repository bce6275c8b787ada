//! A world: who can answer, what goes wrong with whom and when, how the client is set up, and who asks.

mod script;

use std::time::Duration;

use ft_client::config::{Commit, Order};
use ft_core::decide::MidStream;

/// Everything that a run depends on, as plain data, so that it can be shown, and made smaller.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// The seed of every draw in the run.
    pub seed: u64,
    /// How many credentials each provider holds.
    pub credentials: Vec<usize>,
    /// The live tiers, best first.
    pub tiers: Vec<TierSpec>,
    /// How the client is set up.
    pub settings: Settings,
    /// Who asks, and how.
    pub traffic: Traffic,
    /// When the client is replaced by one of the same configuration, as at a reload.
    pub reloads: Vec<Duration>,
}

/// Targets that are as good as each other.
#[derive(Clone, Debug, PartialEq)]
pub struct TierSpec {
    /// In which order they are asked.
    pub order: Order,
    /// They, in the order of the configuration.
    pub targets: Vec<TargetSpec>,
}

/// One model at one provider: what it does when it is well, and what goes wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetSpec {
    /// Its provider, by place in [`World::credentials`].
    pub provider: usize,
    /// Its number, which is its name.
    pub number: usize,
    /// Until the head, and for a plain answer until the whole of it less what its words take.
    pub latency: Duration,
    /// Between two words.
    pub per_word: Duration,
    /// Whether it goes on from an assistant message.
    pub prefill: bool,
    /// How long one attempt may take.
    pub attempt_timeout: Duration,
    /// How long its first content may take.
    pub first_token_timeout: Option<Duration>,
    /// How long a stream may stand still.
    pub idle_timeout: Duration,
    /// Most calls in flight.
    pub in_flight: u32,
    /// Whether upstream is asked for a stream even for a plain answer.
    pub upstream_stream: bool,
    /// What goes wrong, when, and how often. Of several that hold at once, the first that is drawn.
    pub faults: Vec<FaultSpell>,
}

/// A fault, for as long as it lasts.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultSpell {
    /// From when, since the beginning.
    pub from: Duration,
    /// Until when.
    pub until: Duration,
    /// The share of attempts that meet it.
    pub share: f64,
    /// What they meet.
    pub fault: Fault,
}

/// What an attempt meets instead of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status, with a hint where it has one.
    Status(u16, Option<Duration>),
    /// The connection is not to be had.
    Refuse,
    /// The connection is reset before the head.
    Reset,
    /// Nothing ever comes.
    Hang,
    /// The head comes this much later.
    Slow(Duration),
    /// The stream ends after so many words; a plain answer in its middle.
    Cut(usize),
    /// Nothing comes after so many words, and the connection stays open.
    Stall(usize),
    /// An error object after so many words, under status 200.
    ErrorInside(usize),
    /// Word `k` is not JSON.
    Garbled(usize),
    /// An answer without choices.
    Empty,
    /// The failure under status 200 at this place of [`wire::FAILURES`](crate::wire::FAILURES), after so many words.
    Wire(usize, usize),
    /// This key is refused; the provider's others are well.
    KeyRefused(usize),
}

/// How the client is set up. What is not here has its default.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The chain's deadline.
    pub deadline: Duration,
    /// When a stream's first piece may reach the caller.
    pub commit: Commit,
    /// What happens when a stream breaks after that.
    pub mid_stream: MidStream,
    /// The longest hint for which a throttled target itself is waited for.
    pub throttle_patience: Duration,
    /// Whether there is an emergency text.
    pub emergency: bool,
    /// How long an answer is given again.
    pub fresh_for: Duration,
    /// Whether slow attempts are hedged.
    pub hedge: bool,
    /// How long a breaker stays open; `None`: as by default.
    pub open_for: Option<Duration>,
    /// The spend budget, in millionths of a dollar.
    pub budget: Option<u64>,
}

/// Who asks, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Traffic {
    /// Requests a second.
    pub rate: f64,
    /// How many requests there are.
    pub requests: usize,
    /// The share that is streamed.
    pub streamed: f64,
    /// How many questions there are; 0: each one is new.
    pub questions: u64,
    /// The share of callers who leave, within this time.
    pub leave: f64,
    /// The longest that a caller who leaves stays.
    pub leave_within: Duration,
    /// The share of streams whose reader stands still, and for how long.
    pub stall: f64,
    /// How long such a reader stands still.
    pub stall_for: Duration,
}

impl World {
    /// Every target, in the order of the tiers.
    pub fn targets(&self) -> impl Iterator<Item = &TargetSpec> {
        self.tiers.iter().flat_map(|tier| &tier.targets)
    }

    /// When the last fault has ended.
    #[must_use]
    pub fn faults_end(&self) -> Duration {
        let faults = self.targets().flat_map(|target| &target.faults);
        faults.map(|spell| spell.until).max().unwrap_or_default()
    }

    /// How long its callers come.
    #[must_use]
    pub fn length(&self) -> Duration {
        #[expect(clippy::cast_precision_loss, reason = "thousands of requests")]
        Duration::from_secs_f64(self.traffic.requests as f64 / self.traffic.rate)
    }
}

impl TargetSpec {
    /// The provider's name.
    #[must_use]
    pub fn provider_name(&self) -> String {
        provider_name(self.provider)
    }

    /// The model's name.
    #[must_use]
    pub fn model(&self) -> String {
        format!("m{}", self.number)
    }
}

/// The name of the provider at this place.
#[must_use]
pub fn provider_name(place: usize) -> String {
    format!("p{place}")
}

impl Fault {
    /// Whether it is over with the attempt that met it, and passes by itself: the sort after which the first tier
    /// must keep its share.
    #[must_use]
    pub fn is_brief(self) -> bool {
        match self {
            Self::Status(status, hint) => {
                matches!(status, 429 | 500 | 502 | 503 | 529)
                    && hint.is_none_or(|hint| hint < Duration::from_secs(10))
            }
            Self::Refuse | Self::Reset | Self::Empty | Self::ErrorInside(0) => true,
            Self::Hang
            | Self::Slow(_)
            | Self::Cut(_)
            | Self::Stall(_)
            | Self::ErrorInside(_)
            | Self::Garbled(_)
            | Self::Wire(..)
            | Self::KeyRefused(_) => false,
        }
    }

    /// Whether it takes its key or its target out for minutes.
    #[must_use]
    pub fn takes_out(self) -> bool {
        matches!(self, Self::KeyRefused(_) | Self::Status(401..=404, _))
    }
}
