//! What attempts cost, also those that failed, were cancelled, or whose provider does not say.

use std::time::Duration;

use ft_core::chat::Assembler;
use ft_core::{Bill, ChatResponse, Usage};
use ft_cost::{Billed, Pico};

use super::Run;
use crate::answer::{Attempt, Tokens};
use crate::asked::Asked;
use crate::attempt::{Job, Mode};
use crate::counted::words_of;
use crate::outputs::ASSUMED;
use crate::target::Target;

/// What an attempt is booked at: the same in every book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    pub(crate) tokens: Tokens,
    /// `None` when the price is unknown.
    pub(crate) cost: Option<Pico>,
    /// Whether tokens were counted here, because the provider did not say.
    pub(crate) estimated: bool,
}

/// An attempt of which nothing is known but that it was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Silence {
    pub(crate) mode: Mode,
    pub(crate) took: Duration,
    pub(crate) reserved: Option<Pico>,
}

impl Charge {
    /// A price that is unknown is unknown for nothing too, but nothing costs nothing.
    const NOTHING: Self = Self { tokens: Tokens::NONE, cost: Some(Pico::ZERO), estimated: false };

    /// Writes it into the trail.
    pub(crate) fn note(self, attempt: &mut Attempt) {
        attempt.cost = self.cost;
        attempt.tokens = self.tokens;
        attempt.cost_is_estimate = self.estimated;
    }

    /// The same tokens at so many times their price.
    fn times(self, factor: u64) -> Self {
        Self { cost: self.cost.map(|cost| cost.saturating_mul(factor)), ..self }
    }

    const fn as_estimate(self) -> Self {
        Self { estimated: true, ..self }
    }
}

impl Run {
    /// The cost of an answer.
    ///
    /// A count of ours errs high, and does not pass what was reserved for that; an answer far longer than what was
    /// asked for does.
    pub(crate) fn charge_of_answer(&self, job: &Job, response: &ChatResponse) -> Charge {
        let (billed, estimated) = billed(job, response);
        let factor = response.price_factor();
        let charge = self.charge(&job.target, &billed).times(factor);
        // By how much more exactly no catalogue says.
        let charge = Charge { estimated: estimated || factor > 1, ..charge };
        let explained = job.overrun.is_some_and(|overrun| overrun.explains(billed.output));
        match charge.cost.zip(job.guards.reserved()) {
            Some((cost, reserved)) if estimated && explained => {
                Charge { cost: Some(cost.min(reserved)), ..charge }
            }
            _ => charge,
        }
    }

    /// The cost of vectors. They have no output: whatever a total has is input.
    pub(super) fn charge_of_vectors(&self, job: &Job, usage: Option<&Usage>) -> Charge {
        let told = usage.map_or(0, |usage| usage.prompt_tokens.max(usage.total_tokens));
        let most = most_of_all(job);
        if told > most {
            job.target.meters.usage_refused();
        }
        if told > 0 && told <= most {
            return self.charge(&job.target, &Billed { input: told, ..Billed::default() });
        }
        let input = job.request.tokens(job.target.counter()).tokens;
        self.charge(&job.target, &Billed { input, ..Billed::default() }).as_estimate()
    }

    /// The cost of a failed attempt that lasted so long.
    pub(super) fn charge_of_failure(
        &self,
        job: &Job,
        bill: Bill,
        (sent, took): (bool, Duration),
        so_far: &Assembler,
    ) -> Charge {
        let said = so_far.has_said();
        match bill {
            _ if !sent => Charge::NOTHING,
            Bill::Nothing if !said => Charge::NOTHING,
            Bill::Nothing | Bill::Estimate if said => {
                self.charge_of_answer(job, so_far.so_far()).as_estimate()
            }
            Bill::Nothing | Bill::Estimate => {
                let silence = Silence { mode: job.mode, took, reserved: job.guards.reserved() };
                self.charge_of_silence(&job.target, &job.request, silence)
            }
        }
    }

    /// The cost of an attempt that was sent and of which nothing came back: an answer as long as the target's usually
    /// are at most, and no longer than it was asked for.
    ///
    /// Where the provider stops working when its caller is gone it is no longer, too, than could be written in the
    /// time. It is never more than was reserved, so that the books stay within their limit.
    pub(super) fn charge_of_silence(
        &self,
        target: &Target,
        request: &Asked,
        silence: Silence,
    ) -> Charge {
        let input = request.tokens(target.counter()).tokens.min(target.most_tokens());
        let asked = target.output_at_most(request);
        let usual = target.outputs.usual();
        let mut each = match request.output_limit() {
            Some(_) => usual.map_or(asked, |usual| usual.min(asked)),
            None => usual.unwrap_or(ASSUMED).min(asked),
        };
        let streamed = silence.mode != Mode::Plain;
        if target.provider.provider.stops_on_disconnect(streamed) {
            each = each.min(target.outputs.within(silence.took));
        }
        let output = each.saturating_mul(request.billed_choices());
        let charge = self.charge(target, &Billed { input, output, ..Billed::default() });
        let charge = charge.times(request.price_factor());
        let cost = match (charge.cost, silence.reserved) {
            (Some(cost), Some(reserved)) => Some(cost.min(reserved)),
            // The price ran out while it was under way.
            (None, reserved) => reserved,
            (cost, None) => cost,
        };
        Charge { cost, ..charge.as_estimate() }
    }

    /// The cost of a stream that its caller left after so long: what was said, and where the provider goes on without
    /// a caller, as much as it usually says.
    pub(crate) fn charge_of_rest(
        &self,
        job: &Job,
        took: Duration,
        so_far: &ChatResponse,
    ) -> Charge {
        let said = self.charge_of_answer(job, so_far).as_estimate();
        if job.target.provider.provider.stops_on_disconnect(job.mode != Mode::Plain) {
            return said;
        }
        let silence = Silence { mode: job.mode, took, reserved: job.guards.reserved() };
        let usual = self.charge_of_silence(&job.target, &job.request, silence);
        if usual.cost > said.cost { usual } else { said }
    }

    /// What these tokens cost at this target now.
    fn charge(&self, target: &Target, billed: &Billed) -> Charge {
        let wall = self.client.world.clock.wall();
        let price = target.price(wall);
        if price.is_none() {
            target.meters.unpriced();
        }
        let cost = price.map(|price| price.cost_of(billed));
        Charge { tokens: Tokens::of(billed), cost, estimated: false }
    }
}

/// The tokens that an answer is billed by, and whether some of them had to be counted here.
///
/// A provider that does not count says nothing, or zero, or the sum alone. One that says more than its model's window
/// has room for has not counted either: the figure is refused, and what was read is counted. Above what was asked for
/// but within the window a provider is believed, for it may not have kept to the limit.
fn billed(job: &Job, response: &ChatResponse) -> (Billed, bool) {
    let target = &job.target;
    let usage = response.usage.as_ref();
    let told = usage.map(Billed::of).unwrap_or_default();
    let (most, most_output) = (target.most_tokens(), most_of_all(job));
    let (input_absurd, output_absurd) = (told.request() > most, told.output > most_output);
    if input_absurd || output_absurd {
        target.meters.usage_refused();
    }
    let words = || words_of(target.counter(), response);
    let question = || job.request.tokens(target.counter()).tokens.min(most);
    let Some(usage) = usage.filter(|usage| usage.prompt_tokens > 0 || usage.completion_tokens > 0)
    else {
        let input = question();
        let (input, output) = match told.output {
            sum if sum > 0 && !output_absurd => (input.min(sum), sum - input.min(sum)),
            _ => (input, words()),
        };
        return (Billed { input, output, ..Billed::default() }, true);
    };
    let plausible =
        |tokens: u64, most: u64| Some(tokens).filter(|tokens| (1..=most).contains(tokens));
    let mut billed = told;
    if input_absurd {
        let input = plausible(usage.prompt_tokens, most).unwrap_or_else(question);
        billed = Billed { input, output: told.output, ..Billed::default() };
    }
    let uncounted = told.output == 0 && says(response);
    if output_absurd || uncounted {
        let output = plausible(usage.completion_tokens, most_output);
        billed.output = output.unwrap_or_else(words);
    }
    (billed, input_absurd || output_absurd || uncounted)
}

/// The most tokens that all answers to a request can have together.
fn most_of_all(job: &Job) -> u64 {
    job.target.most_tokens().saturating_mul(job.request.billed_choices())
}

/// Whether there is anything in an answer that a provider bills.
fn says(response: &ChatResponse) -> bool {
    let mut messages = response.choices.iter().map(|choice| &choice.message);
    messages.any(|it| !it.content.is_empty() || !it.tool_calls.is_empty() || it.refusal.is_some())
}

/// The usage that a request is taken to have at a target before it has been asked.
///
/// Not the most that it may have: that is as long as a window, and would make the model with the largest one the
/// dearest.
pub(crate) fn usual_usage(target: &Target, request: &Asked) -> Usage {
    let input = request.tokens(target.counter()).tokens;
    let each = request.output_limit().unwrap_or(ASSUMED);
    Usage::new(input, each.saturating_mul(request.billed_choices()))
}

/// The usage that a provider has not told, or not yet, counted here.
pub(crate) fn estimated_usage(job: &Job, response: &ChatResponse) -> Usage {
    let counter = job.target.counter();
    Usage::new(job.request.tokens(counter).tokens, words_of(counter, response))
}
