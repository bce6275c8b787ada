//! The money of an attempt that is about to be made: a bound of what it can cost, taken before it is sent.

use std::sync::Arc;
use std::time::Duration;

use ft_context::{FitReport, TokenCount};
use ft_core::decide::Skip;
use ft_cost::{LEAST_OUTPUT, Pico, Price, UnknownPrice};

use crate::admit::Refusal;
use crate::asked::Asked;
use crate::money::{Money, Refused};
use crate::run::Run;
use crate::target::Target;

impl Run {
    /// Takes the money that the attempt may cost, with a smaller output limit when only that fits.
    pub(crate) fn reserve(
        &mut self,
        target: &Target,
        request: &mut Asked,
        fit: &mut Option<FitReport>,
    ) -> Result<Option<Money>, Refusal> {
        if self.budgets.is_none() {
            return Ok(None);
        }
        let wall = self.client.world.clock.wall();
        let Some(price) = target.price(wall) else {
            return match self.client.unknown_price {
                UnknownPrice::Deny => {
                    self.unpriced = true;
                    Err(Skip::Spend.into())
                }
                UnknownPrice::Warn => Ok(None),
            };
        };
        let input = request.tokens(target.counter());
        let take = |asked: &Asked| {
            let (amount, output) = target.costs_at_most(price, asked, input);
            self.budgets.reserve(amount, wall).map(|money| money.sent(output))
        };
        let refused = match take(request) {
            Ok(money) => return Ok(Some(money)),
            Err(refused) => refused,
        };
        let refused = match target.shortened(request) {
            None => refused,
            Some(shorter) => match take(&shorter) {
                Ok(money) => {
                    *request = shorter;
                    let report = FitReport {
                        dropped_messages: 0,
                        dropped_turns: 0,
                        dropped_tokens: 0,
                        tokens: input,
                        max_output: None,
                    };
                    fit.get_or_insert(report).max_output = Some(LEAST_OUTPUT);
                    return Ok(Some(money));
                }
                Err(refused) => refused,
            },
        };
        let (Refused { retry_at, callers }, why) = (refused, refused.why());
        self.callers_money |= callers;
        let wait = retry_at.map(|at| Duration::from_millis(at.0.saturating_sub(wall.0)));
        let now = self.now();
        Err(Refusal { why, retry_at: wait.map(|wait| now.after(wait)) })
    }
}

impl Target {
    /// The most tokens that the provider may put into one answer to this request, whichever of its fields it reads.
    pub(crate) fn output_at_most(&self, request: &Asked) -> u64 {
        let card = self.card.as_ref().and_then(|card| card.max_output);
        let most = card.or(self.context_window()).unwrap_or(FALLBACK_OUTPUT);
        request.billed_output_limit().map_or(most, |asked| asked.min(most))
    }

    /// The most that one attempt at this request can cost, and the tokens of all its answers in that.
    pub(crate) fn costs_at_most(
        &self,
        price: &Price,
        request: &Asked,
        input: TokenCount,
    ) -> (Pico, u64) {
        // What has more tokens than the window is refused.
        let input = input.at_most().min(self.most_tokens());
        let output = self.output_at_most(request).saturating_mul(request.billed_choices());
        (price.at_most(input, output).saturating_mul(request.price_factor()), output)
    }

    /// The request with the shortest answer that is worth its price; `None` where that would cost no less.
    pub(crate) fn shortened(&self, request: &Asked) -> Option<Asked> {
        let wanted = self.output_at_most(request);
        if wanted <= LEAST_OUTPUT {
            return None;
        }
        let mut shorter = Arc::unwrap_or_clone(Arc::clone(request.chat()?));
        shorter.set_output_limit(LEAST_OUTPUT);
        let shorter = Asked::Chat(Arc::new(shorter));
        (self.output_at_most(&shorter) < wanted).then_some(shorter)
    }
}

/// What an answer may be long where neither the request, the card nor a window says so: the largest output
/// limit of the models in the catalogue's first profile is below it.
const FALLBACK_OUTPUT: u64 = 32_768;
