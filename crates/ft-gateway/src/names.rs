//! What callers may write into `model`, and which way through the client each name is.

use std::collections::{BTreeMap, BTreeSet};

use ft_client::config::DEFAULT_CHAIN;
use ft_client::{CallOptions, Client, ConfiguredTarget};

/// The names that can be asked for.
///
/// In the order in which they are looked up: a chain's name; `provider/model` of a configured target, which asks
/// that target alone; a bare model, which is the chain that begins with it, so that an application that asks for
/// `gpt-4.1` gets the fallbacks by changing its URL alone, else the first target that has it. No name at all is the
/// chain `default`.
///
/// Where several ways go by a name, the first that the caller may go is taken: who may ask for a model and not for
/// the chain that begins with it gets the model.
#[derive(Debug, Default)]
pub(crate) struct Names {
    by_name: BTreeMap<String, Vec<Way>>,
    /// Those to list, without the bare ones that only help.
    listed: BTreeSet<String>,
}

/// A way through the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// A chain from its beginning.
    Chain(String),
    /// One target.
    Target {
        /// The provider's name.
        provider: String,
        /// The model, as configured.
        model: String,
    },
}

impl Names {
    pub(crate) fn of(client: &Client) -> Self {
        let mut names = Self::default();
        for chain in client.chains() {
            names.list(chain.to_owned(), Way::Chain(chain.to_owned()));
        }
        let targets = client.targets();
        for target in &targets {
            names.list(format!("{}/{}", target.provider, target.model), Way::of(target));
        }
        // What several chains begin with is the default chain's.
        for default in [true, false] {
            for target in &targets {
                let begins = target.begins.iter();
                for chain in begins.filter(|chain| (*chain == DEFAULT_CHAIN) == default) {
                    names.add(&target.model, Way::Chain(chain.clone()));
                }
            }
        }
        for target in &targets {
            names.add(&target.model, Way::of(target));
        }
        names
    }

    fn list(&mut self, name: String, way: Way) {
        self.add(&name, way);
        self.listed.insert(name);
    }

    /// The first to have a name goes before the others.
    fn add(&mut self, name: &str, way: Way) {
        let ways = self.by_name.entry(name.to_owned()).or_default();
        if !ways.contains(&way) {
            ways.push(way);
        }
    }

    /// All ways by this name, the one to prefer first; none when nothing has it. The empty name is the default
    /// chain's: a request that names no model has it.
    pub(crate) fn find(&self, name: &str) -> &[Way] {
        let ways = self.by_name.get(if name.is_empty() { DEFAULT_CHAIN } else { name });
        match ways.map(Vec::as_slice) {
            // A model may be called `default` as well, and who names nothing did not ask for that.
            Some([first @ Way::Chain(chain), ..]) if name.is_empty() && chain == DEFAULT_CHAIN => {
                std::slice::from_ref(first)
            }
            Some(ways) if !name.is_empty() => ways,
            _ => &[],
        }
    }

    /// The names to list, sorted.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &str> {
        self.listed.iter().map(String::as_str)
    }
}

impl Way {
    fn of(target: &ConfiguredTarget) -> Self {
        Self::Target { provider: target.provider.clone(), model: target.model.clone() }
    }

    /// The chain's name, unless it is one target.
    pub(crate) fn chain(&self) -> Option<&str> {
        match self {
            Self::Chain(chain) => Some(chain),
            Self::Target { .. } => None,
        }
    }

    pub(crate) fn set(&self, options: CallOptions) -> CallOptions {
        match self {
            Self::Chain(chain) => options.with_chain(chain),
            Self::Target { provider, model } => options.with_target(provider, model),
        }
    }
}

#[cfg(test)]
mod tests {
    use ft_client::config::{ChainConfig, TargetConfig, TierConfig};
    use ft_sim::{Reply, Scripts, SimProvider};

    use super::*;

    fn target(provider: &str, model: &str) -> Way {
        Way::Target { provider: provider.to_owned(), model: model.to_owned() }
    }

    fn names() -> Names {
        let provider = |name: &str| {
            let clock = std::sync::Arc::new(ft_client::TokioClock::new());
            SimProvider::new(name, Scripts::new().otherwise(Reply::text("Hi.")), clock, 1)
        };
        let tier = |provider: &str, model: &str| {
            TierConfig::new(model, [TargetConfig::new(provider, model)])
        };
        let client = Client::builder()
            .provider(provider("a"))
            .provider(provider("b"))
            .named_chain("default", ChainConfig::new([tier("a", "large"), tier("a", "small")]))
            .named_chain("cheap", ChainConfig::new([tier("b", "small"), tier("a", "large")]))
            .build();
        Names::of(&client.unwrap())
    }

    #[tokio::test]
    async fn chains_and_targets_are_listed_and_bare_models_only_help() {
        let names = names();
        let listed: Vec<_> = names.listed().collect();
        assert_eq!(listed, ["a/large", "a/small", "b/small", "cheap", "default"]);
    }

    #[tokio::test]
    async fn a_bare_model_is_the_chain_that_begins_with_it() {
        let names = names();
        let chain = |name: &str| Some(Way::Chain(name.to_owned()));
        assert_eq!(names.find("large").first().cloned(), chain("default"));
        assert_eq!(names.find("small").first().cloned(), chain("cheap"));
        assert_eq!(names.find("a/small"), [target("a", "small")]);
        assert_eq!(names.find("none"), []);
    }

    #[tokio::test]
    async fn behind_a_bare_models_chain_come_the_targets_that_have_it() {
        let names = names();
        let cheap = Way::Chain("cheap".to_owned());
        assert_eq!(names.find("small"), [cheap, target("b", "small"), target("a", "small")]);
    }

    #[tokio::test]
    async fn no_name_is_the_default_chains() {
        assert_eq!(names().find(""), [Way::Chain("default".to_owned())]);
        assert_eq!(Names::default().find(""), []);
    }
}
