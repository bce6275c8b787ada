//! What the models of a world cost, by the catalogue and by the scenario.

use std::collections::{BTreeMap, BTreeSet};

use ft_client::config::{ClientConfig, UnknownPriceSetting};
use ft_client::cost::{Catalogue, Pico, Price, Rate, Rates, Row};
use ft_core::ModelCard;

use crate::scenario::{ANY_MODEL, InvalidScenario, ProviderModel, Scenario};

/// Adds the prices that the scenario states, and says under which profile the provider's prices are.
///
/// A provider with stated prices has a profile of its own: another may go by the same rows of the catalogue.
pub(super) fn add(
    catalogue: &mut Catalogue,
    name: &str,
    profile: String,
    asked: &BTreeSet<&str>,
    spec: &ProviderModel,
    scenario: &Scenario,
) -> Result<String, InvalidScenario> {
    if spec.models.values().all(|figures| figures.price.is_none()) {
        return Ok(profile);
    }
    let own = format!("{profile}, as {name} bills it");
    for &model in asked {
        let known = catalogue.row(&profile, model).cloned();
        let listed = spec.models.get_key_value(model);
        let Some((listed, figures)) = listed.or_else(|| spec.models.get_key_value(ANY_MODEL))
        else {
            continue;
        };
        let field = format!("providers.{name}.models.{listed}.price");
        let card = |card: Option<ModelCard>| {
            let window = figures.context_window.unwrap_or(128_000);
            let mut card = card.unwrap_or_else(|| ModelCard::new(&own, model, window));
            card.provider.clone_from(&own);
            card
        };
        let row = match (figures.price, known) {
            (Some(price), known) => {
                let source = format!("the scenario {}", scenario.name);
                let rates = Rates::new(
                    rate(price.input, &format!("{field}.input"))?,
                    rate(price.output, &format!("{field}.output"))?,
                );
                let mut price = Price::new(rates, source.as_str(), scenario.starts);
                price.free = true;
                let card = card(known.map(|row| row.card));
                Row::new(card, source, scenario.starts).with_price(price)
            }
            (None, Some(known)) => Row { card: card(Some(known.card.clone())), ..known },
            (None, None) => continue,
        };
        catalogue
            .override_row(row)
            .map_err(|wrong| InvalidScenario::new(field.clone(), wrong.to_string()))?;
    }
    Ok(own)
}

fn rate(money: Pico, field: &str) -> Result<Rate, InvalidScenario> {
    const TOKENS: u128 = 1_000_000;
    let wrong = |rule: String| InvalidScenario::new(field, rule);
    if !money.as_pico().is_multiple_of(TOKENS) {
        return Err(wrong("is finer than $0.000001 per million tokens".to_owned()));
    }
    let per_token = u64::try_from(money.as_pico() / TOKENS).unwrap_or(u64::MAX);
    Rate::from_pico_per_token(per_token).map_err(|error| wrong(error.to_string()))
}

/// Under a budget every target has a price, as `ft check` demands of a configuration: one without is never asked, and
/// a whole scenario without would be one of errors only. `profiles` are those of the providers.
pub(super) fn of_budgeted_targets(
    scenario: &Scenario,
    given: Option<&ClientConfig>,
    catalogue: &Catalogue,
    profiles: &BTreeMap<&str, &str>,
) -> Result<(), InvalidScenario> {
    let (spend, chains) = match given {
        Some(config) => (&config.spend, &config.chains),
        None => (&scenario.spend, &scenario.chains),
    };
    if spend.as_ref().is_none_or(|spend| spend.unknown_price == UnknownPriceSetting::Warn) {
        return Ok(());
    }
    for (name, chain) in chains {
        for (tier, config) in chain.tiers.iter().enumerate() {
            for (at, target) in config.targets.iter().enumerate() {
                let Some(profile) = profiles.get(target.provider.as_str()) else { continue };
                if catalogue.price(profile, &target.model, scenario.starts.starts()).is_some() {
                    continue;
                }
                let rule = format!(
                    "is never asked: [spend] skips a target without a price, and the profile `{profile}` has none for \
                     `{}`; state providers.{}.models.\"{}\".price, or set unknown_price = \"warn\"",
                    target.model, target.provider, target.model
                );
                let field = format!("chains.{name}.tiers[{tier}].targets[{at}]");
                let wrong = InvalidScenario::new(field, rule);
                return Err(if given.is_some() { wrong.of_config() } else { wrong });
            }
        }
    }
    Ok(())
}
