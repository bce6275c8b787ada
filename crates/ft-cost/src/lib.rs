//! Exact money for calls to language models: prices, a catalogue, spend budgets, model selection.
//!
//! A call's cost decides whether it may be made, which model is asked, and what an operator is told
//! afterwards. Floating-point dollars lose fractions of a cent that a million calls add up again, and two
//! places that round differently never agree. So all money here is an integer: [`Pico`], a trillionth of
//! a dollar. A price of micro-dollars per million tokens is a whole number of them per token ([`Rate`]),
//! which is exact for every list price that vendors publish.
//!
//! What this crate refuses:
//!
//! - **A guessed price.** A model that the catalogue does not know has no price: never 0, never a default.
//!   [`UnknownPrice`] says what happens then.
//! - **A price without origin.** Each row says where its figures come from and as of when.
//! - **A spend budget that is checked after the money is gone.** [`SpendBudget`] reserves an upper bound
//!   before a call is sent; what is settled and what is reserved never exceed the limit together.
//!
//! What it does not know: batch, flex and priority tariffs, off-peak hours (the peak price is listed), and
//! cache writes that are kept for an hour. A row of your own can state the price that you pay.
//!
//! ```
//! use ft_core::{UnixMillis, Usage};
//! use ft_cost::Catalogue;
//!
//! let catalogue = Catalogue::builtin();
//! let price = catalogue.price("openai", "gpt-4.1", UnixMillis(1_795_305_600_000)).unwrap();
//! let usage: Usage = serde_json::from_str(
//!     r#"{"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}"#,
//! )
//! .unwrap();
//! assert_eq!(price.cost(&usage).to_string(), "$0.000036");
//! ```

mod decimal;
mod money;
mod rate;

mod billed;
mod day;
mod price;

mod catalogue;

mod billing;

mod spend;

mod afford;
mod size;

mod estimate;
mod select;

pub use afford::{LEAST_OUTPUT, UnknownPrice, affordable_output, output_cap};
pub use billed::Billed;
pub use billing::{Bill, Billing};
pub use catalogue::{
    Catalogue, CatalogueError, Finding, LiteLlmImport, Row, STALE_AFTER_DAYS, Skipped, Wrong,
};
pub use day::{Day, InvalidDay};
pub use estimate::{Estimate, estimate};
pub use money::{InvalidMoney, Pico};
pub use price::{Price, Rates, Tier};
pub use rate::{InvalidRate, Rate};
pub use select::{BudgetPer, Candidates, Need, NoModel, Selection, Shortfall, Unmet, select};
pub use size::RequestSize;
pub use spend::{
    InvalidSpend, InvalidZone, Reservation, SpendBudget, SpendConfig, SpendPer, SpendRefused,
    SpendWindow, Ticket, Zone,
};
