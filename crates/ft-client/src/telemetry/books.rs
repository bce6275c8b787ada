//! What outlives a client when another takes its place: sums, and who shows which gauge.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ft_cost::Pico;

/// The books of a client, with those that it took over. A clone shares them.
#[derive(Clone, Default)]
pub(crate) struct Books {
    targets: BTreeMap<(String, String), Arc<TargetBook>>,
    providers: BTreeMap<String, Arc<Users>>,
    budget: Arc<Users>,
}

/// The book of a model at a provider, however it is configured.
#[derive(Default)]
pub(crate) struct TargetBook {
    /// In pico-dollars and not in the recorder, whose counters would round them to whole units.
    cost: Mutex<Pico>,
    users: Arc<Users>,
}

/// How many show a gauge. While a client that was replaced finishes its calls there are two.
#[derive(Default)]
pub(crate) struct Users(AtomicUsize);

/// One who shows a gauge.
pub(crate) struct Showing(Arc<Users>);

impl Books {
    pub(crate) fn target(&mut self, provider: &str, model: &str) -> Arc<TargetBook> {
        let name = (provider.to_owned(), model.to_owned());
        Arc::clone(self.targets.entry(name).or_default())
    }

    pub(crate) fn show_provider(&mut self, provider: &str) -> Showing {
        Users::show(self.providers.entry(provider.to_owned()).or_default())
    }

    pub(crate) fn show_budget(&self) -> Showing {
        Users::show(&self.budget)
    }

    /// What all attempts cost so far, by provider and model; also of targets that are configured no more, whose
    /// sums would else be taken for zero.
    pub(crate) fn costs(&self) -> BTreeMap<(&str, &str), Pico> {
        let each = self.targets.iter();
        each.map(|((provider, model), book)| ((provider.as_str(), model.as_str()), book.cost()))
            .collect()
    }
}

impl TargetBook {
    pub(crate) fn show(&self) -> Showing {
        Users::show(&self.users)
    }

    pub(crate) fn pay(&self, cost: Pico) {
        let mut sum = self.cost.lock().unwrap_or_else(PoisonError::into_inner);
        *sum = sum.saturating_add(cost);
    }

    fn cost(&self) -> Pico {
        *self.cost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Users {
    fn show(this: &Arc<Self>) -> Showing {
        this.0.fetch_add(1, Ordering::AcqRel);
        Showing(Arc::clone(this))
    }
}

impl Showing {
    /// Whether nobody else shows it, so that what was last said would be scraped for ever.
    pub(crate) fn is_last(&self) -> bool {
        self.0.0.load(Ordering::Acquire) == 1
    }
}

impl Drop for Showing {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}
