//! The scenarios that ship.

/// A scenario that ships.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its file.
    pub text: &'static str,
}

const ALL: &[Shipped] = &[
    Shipped { name: "seed", text: include_str!("../../scenarios/seed.toml") },
    Shipped {
        name: "three-hour-outage",
        text: include_str!("../../scenarios/three-hour-outage.toml"),
    },
    Shipped {
        name: "rate-limit-storm",
        text: include_str!("../../scenarios/rate-limit-storm.toml"),
    },
    Shipped { name: "brown-out", text: include_str!("../../scenarios/brown-out.toml") },
    Shipped { name: "aggregator-down", text: include_str!("../../scenarios/aggregator-down.toml") },
    Shipped { name: "month", text: include_str!("../../scenarios/month.toml") },
];

/// The scenarios that ship, the first to look at first.
#[must_use]
pub fn shipped() -> &'static [Shipped] {
    ALL
}
