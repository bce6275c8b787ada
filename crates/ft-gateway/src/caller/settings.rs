//! What configuration says of one caller.

use ft_client::cost::SpendConfig;

use super::{KeyHash, Scope};
use crate::config::CacheScope;

/// One caller.
#[derive(Clone, Debug)]
pub(crate) struct CallerSettings {
    /// In metrics, logs and on the status page.
    pub(crate) name: String,
    /// Of the keys that are theirs; several while one replaces another.
    pub(crate) keys: Vec<KeyHash>,
    pub(crate) scope: Scope,
    pub(crate) requests_per_minute: Option<u32>,
    pub(crate) spend: Option<SpendConfig>,
    pub(crate) cache: CacheScope,
}

/// A caller that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("callers.{name}: {rule}")]
pub(crate) struct InvalidCaller {
    pub(crate) name: String,
    pub(crate) rule: &'static str,
}
