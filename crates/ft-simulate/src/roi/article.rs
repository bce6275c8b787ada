//! The article's own figures, and where they disagree with each other.

use ft_client::cost::Pico;
use serde::Serialize;

use super::RoiInputs;
use crate::report::money;

/// A figure of the article that another of its figures contradicts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    /// Which figure.
    pub figure: &'static str,
    /// What the article says.
    pub article: String,
    /// What follows from its other figures, or from the inputs.
    pub ours: String,
    /// Why they are not the same.
    pub reason: String,
}

/// Dollars a month, in the article's table of return.
pub(super) const CHAIN_API: u64 = 842;
pub(super) const ALONE_API: u64 = 6_240;
pub(super) const CHAIN_DOWN: u64 = 50;
pub(super) const ALONE_DOWN: u64 = 2_400;
/// Dollars a year.
pub(super) const CHAIN_YEAR: u64 = 10_704;
pub(super) const ALONE_YEAR: u64 = 81_680;

/// Where the article's figures disagree.
pub(super) fn disagreements(inputs: &RoiInputs) -> Vec<Disagreement> {
    let dollars = |dollars: u64| money(Pico::from_dollars(dollars));
    let tokens = |input: u64, output: u64| {
        // Hundredths of a dollar per million tokens, times tokens, times a million requests: cents.
        let cents = inputs.prompt_tokens * input + inputs.answer_tokens * output;
        Pico::from_dollars(cents).as_pico() / 100
    };
    let deepseek = Pico::from_pico(tokens(6, 42));
    let (chain_year, alone_year) = ((CHAIN_API + CHAIN_DOWN) * 12, (ALONE_API + ALONE_DOWN) * 12);
    let of_ten_thousand = |part: u64, whole: u64| 10_000 - part * 10_000 / whole;
    let hundredths = |number: u64| format!("{}.{:02} %", number / 100, number % 100);
    vec![
        Disagreement {
            figure: "API cost",
            article: format!("{} and {}", dollars(CHAIN_API), dollars(ALONE_API)),
            ours: format!(
                "one is ten times the other: {} for 1 M requests is {} for 10 M",
                dollars(CHAIN_API),
                dollars(CHAIN_API * 10)
            ),
            reason: "the article's benchmark has both figures for 10 M requests a month, its table of return the \
                     same figures for 1 M"
                .to_owned(),
        },
        Disagreement {
            figure: "API cost, through the chain",
            article: format!("{} (\"DeepSeek tier\")", dollars(CHAIN_API)),
            ours: format!(
                "{} for 1 M requests of {} and {} tokens at its $0.06 and $0.42",
                money(deepseek),
                inputs.prompt_tokens,
                inputs.answer_tokens
            ),
            reason: "it sets a cheap model against GPT-4: that difference is the model's, and a single provider of \
                     the cheap model would have it too"
                .to_owned(),
        },
        Disagreement {
            figure: "annual total, single provider",
            article: dollars(ALONE_YEAR),
            ours: dollars(alone_year),
            reason: format!(
                "12 × ({} + {}) = {}; for the chain its rows do add up: 12 × ({} + {}) = {}, so engineering is in \
                 neither",
                dollars(ALONE_API),
                dollars(ALONE_DOWN),
                dollars(alone_year),
                dollars(CHAIN_API),
                dollars(CHAIN_DOWN),
                dollars(chain_year)
            ),
        },
        Disagreement {
            figure: "saving",
            article: "87 %, and \"-87% worse\"".to_owned(),
            ours: hundredths(of_ten_thousand(CHAIN_YEAR, alone_year)),
            reason: format!(
                "1 − {} ÷ {} is {} with its own total and {} with the sum of its rows; \"-87% worse\" says the \
                 opposite of what is meant",
                dollars(CHAIN_YEAR),
                dollars(ALONE_YEAR),
                hundredths(of_ten_thousand(CHAIN_YEAR, ALONE_YEAR)),
                hundredths(of_ten_thousand(CHAIN_YEAR, alone_year))
            ),
        },
        Disagreement {
            figure: "downtime",
            article: "0.03 % and 5 %".to_owned(),
            ours: "0.3 % and 5.8 %".to_owned(),
            reason: "its benchmark has 99.7 % and 94.2 % success; its introduction has 0.01 % and 4.2 %".to_owned(),
        },
        Disagreement {
            figure: "downtime cost",
            article: format!("{} for 0.03 %, {} for 5 %", dollars(CHAIN_DOWN), dollars(ALONE_DOWN)),
            ours: format!(
                "a whole month would be {} by the first and {} by the second",
                money(Pico::from_pico(Pico::from_dollars(CHAIN_DOWN * 10_000).as_pico() / 3)),
                dollars(ALONE_DOWN * 20)
            ),
            reason: "the same month has two values; the second is what the table above takes".to_owned(),
        },
        Disagreement {
            figure: "the same at ¥7.3 a dollar",
            article: "$6,148.00".to_owned(),
            ours: money(Pico::from_pico(Pico::from_dollars(CHAIN_API * 73).as_pico() / 10)),
            reason: format!("{} × 7.3", dollars(CHAIN_API)),
        },
    ]
}
