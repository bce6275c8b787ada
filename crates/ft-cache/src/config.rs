//! How long answers live, and how much memory they may take.

use std::time::Duration;

/// The longest `fresh_for` and `stale_for`: thirty days. What is longer is a slip of the unit.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Settings of a [`Cache`](crate::Cache).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheConfig {
    /// How long an answer may save a call, from when it was filled; at most 30 days.
    ///
    /// Default: 0. Whoever repeats a question usually wants another answer, so saving calls is asked for, not
    /// assumed.
    pub fresh_for: Duration,
    /// How long after its freshness ended an answer may still stand in when all live tiers have failed (as
    /// `stale-if-error` counts in RFC 5861, section 4); 0 for never, at most 30 days.
    ///
    /// Default: 24 h. It outlives an outage and a night.
    pub stale_for: Duration,
    /// Bytes of memory for entries, above 0. Only [`Cache::in_memory`](crate::Cache::in_memory) reads it: a
    /// store that is handed in knows its own.
    ///
    /// Default: 64 MiB, some 20,000 answers of 500 tokens.
    pub capacity: u64,
    /// Whether identical calls that run at the same time become one.
    ///
    /// Default: `None`, which is yes exactly when `fresh_for` is above 0: who accepts the answer of a moment
    /// ago accepts that of a moment from now.
    pub coalesce: Option<bool>,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            fresh_for: Duration::ZERO,
            stale_for: Duration::from_secs(24 * 60 * 60),
            capacity: 64 << 20,
            coalesce: None,
        }
    }
}

impl CacheConfig {
    /// Sets how long an answer may save a call.
    #[must_use]
    pub fn with_fresh_for(mut self, fresh_for: Duration) -> Self {
        self.fresh_for = fresh_for;
        self
    }

    /// Sets how long after that it may stand in when all else has failed.
    #[must_use]
    pub fn with_stale_for(mut self, stale_for: Duration) -> Self {
        self.stale_for = stale_for;
        self
    }

    /// Sets the bytes of memory for entries.
    #[must_use]
    pub fn with_capacity(mut self, bytes: u64) -> Self {
        self.capacity = bytes;
        self
    }

    /// Sets whether identical calls that run at the same time become one.
    #[must_use]
    pub fn with_coalesce(mut self, coalesce: bool) -> Self {
        self.coalesce = Some(coalesce);
        self
    }

    /// Whether identical calls that run at the same time become one.
    #[must_use]
    pub fn coalesces(&self) -> bool {
        self.coalesce.unwrap_or(!self.fresh_for.is_zero())
    }

    /// The longest life of an entry.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        self.fresh_for.saturating_add(self.stale_for)
    }

    pub(crate) fn validate(&self) -> Result<(), InvalidConfig> {
        for (field, value) in [("fresh_for", self.fresh_for), ("stale_for", self.stale_for)] {
            if value > LONGEST {
                return Err(InvalidConfig { field, rule: "must be at most 30 days" });
            }
        }
        if self.capacity == 0 {
            let rule =
                "must be above 0 bytes; to keep nothing, set `fresh_for` and `stale_for` to 0";
            return Err(InvalidConfig { field: "capacity", rule });
        }
        Ok(())
    }
}

/// A setting that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cache setting `{field}` {rule}")]
pub struct InvalidConfig {
    field: &'static str,
    rule: &'static str,
}

impl InvalidConfig {
    /// The field's name.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// The rule that it breaks.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        self.rule
    }
}
