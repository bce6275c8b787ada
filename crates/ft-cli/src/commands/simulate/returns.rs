//! The inputs of `--roi`, as flags.

use ft_cost::Pico;
use ft_simulate::RoiInputs;

use crate::number;

/// What the table of prices and return is worked out from.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Prices and return")]
pub(crate) struct Args {
    /// Recalculate the article's table of prices and return on investment, showing the arithmetic.
    #[arg(long)]
    pub(crate) roi: bool,
    /// Requests per month. Default 1000000, as in the article.
    #[arg(long, value_name = "N", requires = "roi", value_parser = |text: &str| number::whole(text, 1..=1_000_000_000_000), allow_negative_numbers = true)]
    monthly_requests: Option<u64>,
    /// Tokens per prompt. Default 520: together with 650 per answer, they give the article's $6,240 for a million
    /// requests.
    #[arg(long, value_name = "N", requires = "roi", value_parser = |text: &str| number::whole(text, 1..=1_000_000), allow_negative_numbers = true)]
    prompt_tokens: Option<u64>,
    /// Tokens per answer. Default 650.
    #[arg(long, value_name = "N", requires = "roi", value_parser = |text: &str| number::whole(text, 1..=1_000_000), allow_negative_numbers = true)]
    answer_tokens: Option<u64>,
    /// Hours of engineering for the chain. Default 25, of the article's 20 to 30.
    #[arg(long, value_name = "N", requires = "roi", value_parser = |text: &str| number::whole(text, 0..=1_000_000), allow_negative_numbers = true)]
    chain_hours: Option<u64>,
    /// Hours of engineering for one provider alone. Default 7, of the article's 5 to 10.
    #[arg(long, value_name = "N", requires = "roi", value_parser = |text: &str| number::whole(text, 0..=1_000_000), allow_negative_numbers = true)]
    alone_hours: Option<u64>,
    /// Cost of an hour of engineering. Default $100.
    #[arg(long, value_name = "MONEY", requires = "roi")]
    hour: Option<Pico>,
    /// Cost of a month of complete downtime. Default $48000: the article's $2,400 for 5 %.
    #[arg(long, value_name = "MONEY", requires = "roi")]
    month_down: Option<Pico>,
}

impl Args {
    /// The inputs; `simulated` is on how many requests the shares are measured.
    pub(crate) fn inputs(&self, simulated: Option<u64>) -> RoiInputs {
        let usual = RoiInputs::default();
        RoiInputs {
            requests: self.monthly_requests.unwrap_or(usual.requests),
            prompt_tokens: self.prompt_tokens.unwrap_or(usual.prompt_tokens),
            answer_tokens: self.answer_tokens.unwrap_or(usual.answer_tokens),
            chain_hours: self.chain_hours.unwrap_or(usual.chain_hours),
            alone_hours: self.alone_hours.unwrap_or(usual.alone_hours),
            hour: self.hour.unwrap_or(usual.hour),
            month_down: self.month_down.unwrap_or(usual.month_down),
            simulated: simulated.unwrap_or(usual.simulated),
        }
    }
}
