//! An operator's hand on one target.

use std::fmt;
use std::sync::Arc;

use crate::target::Target;

/// Takes one target by hand, in every chain that it stands in.
///
/// What is set here holds until it is taken back, also over a reload that leaves the target as it is. Calls that are
/// under way go on. Transitions are heard and counted as any other, with the reason `manual`.
pub struct TargetControl {
    /// The same model at the same provider, once for each way in which it is configured. They share one breaker.
    targets: Vec<Arc<Target>>,
}

impl TargetControl {
    pub(crate) fn of(targets: &[Arc<Target>], provider: &str, model: &str) -> Option<Self> {
        let targets: Vec<_> =
            targets.iter().filter(|target| target.is(provider, model)).cloned().collect();
        (!targets.is_empty()).then_some(Self { targets })
    }

    /// Asks it no more, until [`automatic`](Self::automatic) or [`reset`](Self::reset).
    pub fn force_open(&self) {
        self.each(|target| target.breaker.force_open());
    }

    /// Asks it whatever its failures, and learns nothing from them: its breaker is off. Gates and limits still hold.
    pub fn disable(&self) {
        self.each(|target| target.breaker.disable());
    }

    /// Asks it whatever its failures, and tells when its breaker would have opened.
    pub fn observe_only(&self) {
        self.each(|target| target.breaker.observe_only());
    }

    /// Gives it back to its breaker, which is then closed. Nothing when it was not taken.
    pub fn automatic(&self) {
        self.each(|target| target.breaker.auto());
    }

    /// Gives it back to its breaker and forgets what was held against it: failures, first-token times, the window
    /// that a refusal gave away, and gates, those of its provider's keys for all models too.
    pub fn reset(&self) {
        self.automatic();
        self.each(Target::reset);
    }

    fn each(&self, act: impl Fn(&Target)) {
        self.targets.iter().for_each(|target| act(target));
    }
}

impl fmt::Debug for TargetControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |target: &Arc<Target>| format!("{}/{}", target.provider.name, target.model());
        f.debug_struct("TargetControl").field("target", &self.targets.first().map(name)).finish()
    }
}
