//! What callers may write into `model`, and which way through the client each name is.

use std::collections::{BTreeMap, BTreeSet};

use ft_client::{CallOptions, Client};

/// The names that can be asked for: the chains'.
#[derive(Debug, Default)]
pub(crate) struct Names {
    by_name: BTreeMap<String, Way>,
    /// Those to list, without the bare ones that only help.
    listed: BTreeSet<String>,
}

/// A way through the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// A chain from its beginning.
    Chain(String),
}

impl Names {
    pub(crate) fn of(client: &Client) -> Self {
        let mut names = Self::default();
        for chain in client.chains() {
            names.list(chain.to_owned(), Way::Chain(chain.to_owned()));
        }
        names
    }

    fn list(&mut self, name: String, way: Way) {
        self.listed.insert(name.clone());
        self.by_name.entry(name).or_insert(way);
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Way> {
        self.by_name.get(name)
    }

    /// The names to list, sorted.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &str> {
        self.listed.iter().map(String::as_str)
    }
}

impl Way {
    pub(crate) fn set(&self, options: CallOptions) -> CallOptions {
        match self {
            Self::Chain(chain) => options.with_chain(chain),
        }
    }
}
