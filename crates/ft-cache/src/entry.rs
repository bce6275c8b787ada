//! An answer as it is kept, with both ends of its life.

mod weight;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use ft_core::{ChatResponse, Tick, Usage};

use crate::{CacheConfig, Scope};

/// Who gave an answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct ServedBy {
    /// The provider's configured name.
    pub provider: String,
    /// The model that was asked.
    pub model: String,
}

/// Whether an answer may save a call, or only stand in when all calls have failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quality {
    /// The answer that the chain is there to give.
    Full,
    /// A lesser one: of a degraded tier, of a request shortened to fit, or continued on another target in the
    /// middle of its stream. Once the first tier is back, nobody should still get it.
    StaleOnly,
}

/// An answer to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Fill {
    /// The whole answer, assembled if it was streamed.
    pub response: Arc<ChatResponse>,
    /// Tokens as settled, which may be an estimate where the provider was silent.
    pub usage: Option<Usage>,
    /// Who gave it.
    pub served_by: ServedBy,
    /// The name of the tier that gave it.
    pub tier: String,
    /// Whether it may ever be fresh.
    pub quality: Quality,
}

/// A kept answer. It never changes: reading it does not lengthen its life.
///
/// Moments are of the clock of the process that filled it. A store that is shared between processes keeps
/// remaining lifetimes instead, and turns them into moments of the reader's clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The whole answer.
    pub response: Arc<ChatResponse>,
    /// Tokens as settled when it was given.
    pub usage: Option<Usage>,
    /// Who gave it.
    pub served_by: ServedBy,
    /// The name of the tier that gave it.
    pub tier: String,
    /// Whether it may ever be fresh.
    pub quality: Quality,
    /// When it was filled.
    pub stored_at: Tick,
    /// It is fresh before this moment. Equals `stored_at` when it may only be stale.
    pub fresh_until: Tick,
    /// It may be served stale before this moment.
    pub stale_until: Tick,
    /// Says whose it is, for a purge.
    pub(crate) tag: Tag,
}

impl Entry {
    /// The entry that this answer makes when it is filled at `now`.
    #[must_use]
    pub fn new(fill: Fill, scope: &Scope<'_>, config: &CacheConfig, now: Tick) -> Self {
        let Fill { response, usage, served_by, tier, quality } = fill;
        let fresh_until = match quality {
            Quality::Full => now.after(config.fresh_for),
            Quality::StaleOnly => now,
        };
        Self {
            response,
            usage,
            served_by,
            tier,
            quality,
            stored_at: now,
            fresh_until,
            stale_until: fresh_until.after(config.stale_for),
            tag: Tag::of(scope),
        }
    }
}

/// A scope in few bits. Should two tenants meet in one, a purge of one empties both, and no answer is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) tenant: u64,
    pub(crate) chain: u64,
}

impl Tag {
    pub(crate) fn of(scope: &Scope<'_>) -> Self {
        Self { tenant: Self::name(scope.tenant), chain: Self::name(scope.chain) }
    }

    /// A cheaper hash than a key's will do: names that were made up to meet would only be purged together.
    pub(crate) fn name(name: &str) -> u64 {
        let mut hash = DefaultHasher::new();
        name.hash(&mut hash);
        hash.finish()
    }
}
