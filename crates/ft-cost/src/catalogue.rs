//! What is known of models: cards and prices, by profile and model.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ft_core::{ModelCard, UnixMillis};

use crate::Price;

mod check;
mod error;
mod file;
mod litellm;
mod row;

pub use check::{Finding, STALE_AFTER_DAYS, Wrong};
pub use error::CatalogueError;
pub use litellm::{LiteLlmImport, Skipped};
pub use row::Row;

/// Cards and prices, by profile and model.
///
/// The same model costs different money at different places, so a model's name alone says nothing. A
/// **profile** names a price list, such as `openai` or `holysheep`; each provider of a configuration says
/// which one it bills by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    profiles: BTreeMap<String, BTreeMap<String, Row>>,
}

/// The rows that ship with this crate.
static BUILTIN: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::from_toml(include_str!("../data/catalogue.toml")).expect("a test reads this file")
});

impl Catalogue {
    /// The rows that ship with this crate, `data/catalogue.toml`.
    ///
    /// Profile `holysheep` has the resale prices that HolySheep's article states; `openai`, `anthropic`,
    /// `gemini` and `deepseek` have list prices as LiteLLM's community table gives them. Defaults, not truth:
    /// override what your contract says otherwise, and see [`check`](Catalogue::check).
    #[must_use]
    pub fn builtin() -> Self {
        BUILTIN.clone()
    }

    /// A catalogue without rows.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Reads rows in the format of the file that ships.
    ///
    /// # Errors
    /// The first row and field that break a rule, and which rule.
    pub fn from_toml(text: &str) -> Result<Self, CatalogueError> {
        file::read(text, &Self::empty())
    }

    /// Adds the rows of a file, and replaces those that are here already.
    ///
    /// A row of a model that is here may state only what differs: the rest of its card stays. Prices are
    /// replaced together, as soon as the row states any.
    ///
    /// # Errors
    /// The first row and field that break a rule, and which rule; then nothing has changed.
    pub fn extend_toml(&mut self, text: &str) -> Result<(), CatalogueError> {
        let rows = file::read(text, self)?;
        self.extend(rows);
        Ok(())
    }

    /// Adds the rows of another catalogue, and replaces those that are here already.
    ///
    /// A quality that somebody judged stays when the new row has none.
    pub fn extend(&mut self, other: Self) {
        for row in other.profiles.into_values().flat_map(BTreeMap::into_values) {
            self.put(row);
        }
    }

    /// Adds one row, or replaces the one of the same profile and model.
    ///
    /// # Errors
    /// The field that breaks a rule, and which rule; then nothing has changed.
    pub fn override_row(&mut self, row: Row) -> Result<(), CatalogueError> {
        row.validate()?;
        self.put(row);
        Ok(())
    }

    /// The row of a model.
    #[must_use]
    pub fn row(&self, profile: &str, model: &str) -> Option<&Row> {
        self.profiles.get(profile)?.get(model)
    }

    /// The card of a model.
    #[must_use]
    pub fn card(&self, profile: &str, model: &str) -> Option<&ModelCard> {
        Some(&self.row(profile, model)?.card)
    }

    /// The price of a model at this moment; `None` when the model, or its price then, is unknown.
    #[must_use]
    pub fn price(&self, profile: &str, model: &str, wall: UnixMillis) -> Option<&Price> {
        self.row(profile, model)?.price(wall)
    }

    /// All rows, by profile and model.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.profiles.values().flat_map(BTreeMap::values)
    }

    /// The rows of one profile, by model.
    pub fn rows_of(&self, profile: &str) -> impl Iterator<Item = &Row> {
        self.profiles.get(profile).into_iter().flat_map(BTreeMap::values)
    }

    /// The names of the profiles.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.profiles.values().map(BTreeMap::len).sum()
    }

    /// True without any row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.profiles.is_empty()
    }

    /// Files a row that was validated.
    fn put(&mut self, mut row: Row) {
        let models = self.profiles.entry(row.card.provider.clone()).or_default();
        if let (None, Some(old)) = (&row.quality_basis, models.get(&row.card.model)) {
            row.card.quality = old.card.quality;
            row.quality_basis.clone_from(&old.quality_basis);
        }
        models.insert(row.card.model.clone(), row);
    }
}
