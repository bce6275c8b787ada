//! Why no model was chosen, and which one comes nearest.

use std::fmt;
use std::mem::discriminant;

use ft_core::Capabilities;

use crate::{Day, Pico};

/// No candidate meets every need.
#[derive(Clone, Debug, PartialEq)]
pub struct NoModel {
    candidates: Vec<Shortfall>,
}

/// What one candidate lacks.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortfall {
    /// The candidate's profile.
    pub profile: String,
    /// The candidate's model.
    pub model: String,
    /// The needs that it does not meet, at least one.
    pub unmet: Vec<Unmet>,
    /// What the request is expected to cost there, when that is known.
    pub cost: Option<Pico>,
}

/// A need that is not met.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Unmet {
    /// The quality is too low.
    Quality {
        /// The least that was asked for.
        needed: f64,
        /// The model's own.
        has: f64,
    },
    /// The request costs too much.
    Budget {
        /// What it may cost.
        budget: Pico,
        /// What it is expected to cost.
        cost: Pico,
    },
    /// The context window is too small.
    Context {
        /// The least window that was asked for, or that the request and its answer fill.
        needed: u64,
        /// The model's own.
        has: u64,
    },
    /// The answer would be longer than the model's answers may be.
    Output {
        /// The tokens of the expected answer.
        needed: u64,
        /// The model's limit.
        has: u64,
    },
    /// The model cannot do what the request needs.
    Capabilities {
        /// What it needs.
        needed: Capabilities,
        /// What the model can do.
        has: Capabilities,
    },
    /// The provider may have stopped serving the model on this day.
    Deprecated(Day),
    /// Its price is unknown.
    Price,
    /// The catalogue has no such model.
    Unknown,
}

impl NoModel {
    /// Sorts the candidates, the nearest first.
    pub(super) fn new(mut candidates: Vec<Shortfall>) -> Self {
        // The fewest needs missed, then the least relative distance, then the least cost, then the name.
        candidates.sort_by(|a, b| {
            let cost = |shortfall: &Shortfall| (shortfall.cost.is_none(), shortfall.cost);
            a.unmet
                .len()
                .cmp(&b.unmet.len())
                .then_with(|| a.distance().total_cmp(&b.distance()))
                .then_with(|| cost(a).cmp(&cost(b)))
                .then_with(|| (&a.profile, &a.model).cmp(&(&b.profile, &b.model)))
        });
        Self { candidates }
    }

    /// The candidate that lacks least; `None` when there were no candidates.
    #[must_use]
    pub fn nearest(&self) -> Option<&Shortfall> {
        self.candidates.first()
    }

    /// All candidates with what they lack, the nearest first.
    #[must_use]
    pub fn candidates(&self) -> &[Shortfall] {
        &self.candidates
    }

    /// The needs that no candidate meets, as the nearest one misses them. Empty when every need is met by some
    /// candidate, but no candidate meets all.
    #[must_use]
    pub fn failed(&self) -> Vec<Unmet> {
        let Some(nearest) = self.nearest() else { return Vec::new() };
        let by_all = |need: &&Unmet| {
            let same = |unmet: &Unmet| discriminant(unmet) == discriminant(*need);
            self.candidates.iter().all(|candidate| candidate.unmet.iter().any(same))
        };
        nearest.unmet.iter().filter(by_all).copied().collect()
    }
}

impl Shortfall {
    /// How far it is from what is needed: the sum of the needs' relative distances.
    fn distance(&self) -> f64 {
        self.unmet.iter().map(Unmet::distance).sum()
    }
}

impl Unmet {
    /// 0: met; 1: half of what is needed, or none of what cannot be had in parts.
    #[expect(
        clippy::cast_precision_loss,
        reason = "only orders candidates, and exactly enough for that"
    )]
    fn distance(&self) -> f64 {
        let beyond =
            |large: f64, small: f64| if small > 0.0 { large / small - 1.0 } else { f64::MAX };
        match *self {
            Self::Quality { needed, has } => beyond(needed, has),
            Self::Budget { budget, cost } => beyond(cost.as_pico() as f64, budget.as_pico() as f64),
            Self::Context { needed, has } | Self::Output { needed, has } => {
                beyond(needed as f64, has as f64)
            }
            Self::Capabilities { .. } | Self::Deprecated(_) | Self::Price => 1.0,
            // Nothing is known of it, so anything else is nearer.
            Self::Unknown => f64::MAX,
        }
    }
}

impl fmt::Display for NoModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(nearest) = self.nearest() else {
            return f.write_str(
                "there is no model to choose from: the profile has none, or the list is empty",
            );
        };
        let (profile, model) = (&nearest.profile, &nearest.model);
        write!(
            f,
            "none of {} models meets the need; nearest is {profile}/{model}: ",
            self.candidates.len()
        )?;
        for (place, unmet) in nearest.unmet.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{unmet}")?;
        }
        Ok(())
    }
}

impl std::error::Error for NoModel {}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quality { needed, has } => write!(f, "quality {has} is below {needed}"),
            Self::Budget { budget, cost } => {
                write!(f, "cost {cost} is above the budget of {budget}")
            }
            Self::Context { needed, has } => write!(f, "window of {has} tokens is below {needed}"),
            Self::Output { needed, has } => write!(f, "answers of {has} tokens are below {needed}"),
            Self::Capabilities { needed, has } => {
                f.write_str("it lacks")?;
                for (name, lacking) in [
                    ("tools", needed.tools && !has.tools),
                    ("vision", needed.vision && !has.vision),
                    ("json", needed.json && !has.json),
                    ("prefill", needed.prefill && !has.prefill),
                ] {
                    if lacking {
                        write!(f, " {name}")?;
                    }
                }
                Ok(())
            }
            Self::Deprecated(day) => write!(f, "it is deprecated since {day}"),
            Self::Price => f.write_str("its price is unknown"),
            Self::Unknown => f.write_str("the catalogue has no such model"),
        }
    }
}
