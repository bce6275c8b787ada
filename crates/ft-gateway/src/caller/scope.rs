//! Which names a caller may ask for.

use std::collections::BTreeSet;

use crate::names::Way;

/// What a caller may ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everything there is.
    #[default]
    All,
    /// These chains and these targets alone.
    Only {
        chains: BTreeSet<String>,
        /// As `provider/model`, or as a bare model at whichever provider.
        models: BTreeSet<String>,
    },
}

impl Scope {
    pub(super) fn allows(&self, way: &Way) -> bool {
        let Self::Only { chains, models } = self else { return true };
        match way {
            Way::Chain(chain) => chains.contains(chain),
            Way::Target { provider, model } => {
                models.contains(model) || models.contains(&format!("{provider}/{model}"))
            }
        }
    }
}
