//! The order in which a request asks its targets: one pure function over values.
//!
//! How each target stands is taken once, as a [`Standing`]; whoever ranks it again gets the same order, up to the
//! draws. So a request, an explanation of one and a simulation cannot differ.

use std::cmp::Reverse;
use std::time::Duration;

use crate::Entropy;

/// In which order the targets of a tier are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Order {
    /// As written. The default.
    #[default]
    Ordered,
    /// By the cost of this request; targets without a price last.
    Cheapest,
    /// By the moving first-token time; targets without samples first, so that they get some.
    Fastest,
    /// By chance, in proportion to their weights.
    Weighted,
}

/// How a target stands as a request makes its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its tier's number. Targets of one tier stand next to each other, in configured order.
    pub tier: usize,
    /// The order of that tier.
    pub order: Order,
    /// Whether it keeps its place: it is well, or its turn to be tried has come. Others are asked after those of their
    /// tier that do.
    pub keeps_place: bool,
    /// Its share of [`Order::Weighted`]; of no weight, it comes last.
    pub weight: u32,
    /// What this request costs there, in any unit that is the same for all; `None` when nobody knows. Only
    /// [`Order::Cheapest`] and saving look at it.
    pub cost: Option<u128>,
    /// Its mean time to first content; `None` without samples. Only [`Order::Fastest`] looks at it.
    pub first_token: Option<Duration>,
}

impl Standing {
    /// Without a price comes last: unknown is not cheap.
    fn expense(&self) -> (bool, Option<u128>) {
        (self.cost.is_none(), self.cost)
    }
}

/// The places of the targets in the order in which they are asked.
///
/// Each tier is put into its order, and then those that do not keep their place behind those that do. When money is to
/// be saved, the cheapest of all tiers come first. Only [`Order::Weighted`] draws.
#[must_use]
pub fn rank(standings: &[Standing], saving: bool, entropy: &mut Entropy) -> Vec<usize> {
    let mut ranked: Vec<usize> = (0..standings.len()).collect();
    for tier in ranked.chunk_by_mut(|&one, &next| standings[one].tier == standings[next].tier) {
        let Some(&first) = tier.first() else { continue };
        match standings[first].order {
            Order::Ordered => {}
            Order::Cheapest => tier.sort_by_key(|&at| standings[at].expense()),
            Order::Fastest => {
                tier.sort_by_key(|&at| standings[at].first_token.unwrap_or_default());
            }
            Order::Weighted => shuffle_by_weight(tier, standings, entropy),
        }
        tier.sort_by_key(|&at| !standings[at].keeps_place);
    }
    if saving {
        // Money counts more than quality.
        ranked.sort_by_key(|&at| (!standings[at].keeps_place, standings[at].expense()));
    }
    ranked
}

/// Each place goes to one of those left, in proportion to its weight.
fn shuffle_by_weight(tier: &mut [usize], standings: &[Standing], entropy: &mut Entropy) {
    let weight = |at: usize| u64::from(standings[at].weight);
    for place in 0..tier.len() {
        let total: u64 = tier[place..].iter().map(|&at| weight(at)).sum();
        let mut drawn = entropy.below(total);
        let next = tier[place..].iter().position(|&at| {
            let here = drawn < weight(at);
            drawn = drawn.saturating_sub(weight(at));
            here
        });
        tier[place..=place + next.unwrap_or(0)].rotate_right(1);
    }
    tier.sort_by_key(|&at| Reverse(weight(at) > 0));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn standing(tier: usize, order: Order) -> Standing {
        let (cost, first_token) = (None, None);
        Standing { tier, order, keeps_place: true, weight: 1, cost, first_token }
    }

    fn ranked(standings: &[Standing]) -> Vec<usize> {
        rank(standings, false, &mut Entropy::seeded(1))
    }

    #[test]
    fn as_written_unless_a_target_does_not_keep_its_place() {
        let mut tier = [standing(0, Order::Ordered); 3];
        assert_eq!(ranked(&tier), [0, 1, 2]);
        tier[0].keeps_place = false;
        assert_eq!(ranked(&tier), [1, 2, 0]);
    }

    #[test]
    fn a_target_is_put_back_within_its_tier_only() {
        let mut chain = [standing(0, Order::Ordered), standing(1, Order::Ordered)];
        chain[0].keeps_place = false;
        assert_eq!(ranked(&chain), [0, 1]);
    }

    #[test]
    fn the_cheapest_first_and_the_unpriced_last() {
        let mut tier = [standing(0, Order::Cheapest); 3];
        (tier[0].cost, tier[2].cost) = (Some(7), Some(3));
        assert_eq!(ranked(&tier), [2, 0, 1]);
    }

    #[test]
    fn the_fastest_first_after_those_without_samples() {
        let mut tier = [standing(0, Order::Fastest); 3];
        let seconds = Duration::from_secs;
        (tier[0].first_token, tier[1].first_token) = (Some(seconds(2)), Some(seconds(1)));
        assert_eq!(ranked(&tier), [2, 1, 0]);
    }

    #[test]
    fn weights_are_shares_of_the_first_place_and_no_weight_is_last() {
        let mut tier = [standing(0, Order::Weighted); 3];
        (tier[0].weight, tier[1].weight, tier[2].weight) = (3, 0, 1);
        let mut entropy = Entropy::seeded(5);
        let mut first = [0_u32; 3];
        for _ in 0..4_000 {
            let ranked = rank(&tier, false, &mut entropy);
            assert_eq!(ranked[2], 1);
            first[ranked[0]] += 1;
        }
        assert!((2_850..3_150).contains(&first[0]) && first[1] == 0, "{first:?}");
    }

    #[test]
    fn saving_puts_the_cheapest_of_all_tiers_first() {
        let mut chain = [standing(0, Order::Ordered), standing(1, Order::Ordered)];
        (chain[0].cost, chain[1].cost) = (Some(9), Some(2));
        assert_eq!(rank(&chain, true, &mut Entropy::seeded(1)), [1, 0]);
        chain[1].keeps_place = false;
        assert_eq!(rank(&chain, true, &mut Entropy::seeded(1)), [0, 1]);
    }

    fn any_standing() -> impl Strategy<Value = Standing> {
        let orders = [Order::Ordered, Order::Cheapest, Order::Fastest, Order::Weighted];
        let order = prop::sample::select(orders.to_vec());
        let latency = prop::option::of((0_u64..5).prop_map(Duration::from_secs));
        let cost = prop::option::of(0_u128..5);
        (order, any::<bool>(), 0_u32..3, cost, latency).prop_map(
            |(order, keeps_place, weight, cost, first_token)| Standing {
                tier: 0,
                order,
                keeps_place,
                weight,
                cost,
                first_token,
            },
        )
    }

    proptest! {
        #[test]
        fn every_target_has_one_place_and_tiers_stay_in_their_order(
            tiers in prop::collection::vec(prop::collection::vec(any_standing(), 0..5), 0..4),
            seed in any::<u64>(),
        ) {
            let numbered = tiers.iter().enumerate();
            let standings: Vec<Standing> = numbered
                .flat_map(|(tier, members)| members.iter().map(move |&one| Standing { tier, ..one }))
                .collect();
            let ranked = rank(&standings, false, &mut Entropy::seeded(seed));
            let mut sorted = ranked.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..standings.len()).collect::<Vec<_>>());
            prop_assert!(ranked.is_sorted_by_key(|&at| standings[at].tier));
        }
    }
}
