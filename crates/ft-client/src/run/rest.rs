//! What providers asked of this request alone: one refusal shuts no gate, and its hint is kept all the same.

use std::time::Duration;

use ft_core::{Out, Tick};
use ft_limit::MAX_HINT;

use super::Run;

/// How long a throttled key without a hint rests, as its gate would be shut.
const UNHINTED: Duration = Duration::from_secs(1);

/// Until when keys of a target rest for this request.
#[derive(Clone, Default)]
pub(super) struct Rests {
    /// Key and moment. Few requests meet one refusal, hardly any two.
    keys: Vec<(usize, Tick)>,
    /// Of the target, under every key.
    target: Tick,
}

impl Rests {
    pub(super) fn note(&mut self, out: Out, hint: Option<Duration>, credential: usize, now: Tick) {
        // No longer than a gate would be shut.
        let hint = hint.map(|hint| hint.min(MAX_HINT));
        match (out, hint) {
            (Out::Gate, hint) => self.keys.push((credential, now.after(hint.unwrap_or(UNHINTED)))),
            (Out::GateIfHinted, Some(hint)) => self.target = self.target.max(now.after(hint)),
            (Out::Nothing | Out::GateIfHinted | Out::Out, _) => {}
        }
    }

    fn until(&self, credential: usize) -> Tick {
        let its = self.keys.iter().filter(|(key, _)| *key == credential).map(|(_, until)| *until);
        its.max().unwrap_or(Tick::ZERO).max(self.target)
    }
}

impl Run {
    /// Until when this key of the target rests for this request; [`Tick::ZERO`] when it does not.
    pub(crate) fn rests_until(&self, target: usize, credential: usize) -> Tick {
        self.progress[target].rests.until(credential)
    }

    /// When the first of the target's keys has rested.
    pub(crate) fn rested_at(&self, target: usize) -> Tick {
        let keys = 0..self.members[target].target.provider.credentials.len();
        keys.map(|key| self.rests_until(target, key)).min().unwrap_or(Tick::ZERO)
    }
}
