//! What attempts cost, also those that failed, were cancelled, or whose provider does not say.

use ft_core::chat::Assembler;
use ft_core::{Bill, ChatResponse, Usage};
use ft_cost::Pico;

use super::Run;
use crate::asked::Asked;
use crate::attempt::Job;
use crate::target::Target;

/// Output tokens assumed of a request that sets no limit: what the article's chain asks for.
const ASSUMED_OUTPUT: u64 = 1_000;

impl Run {
    /// The cost of an answer, and whether it is an estimate.
    pub(crate) fn cost_of_answer(
        &self,
        job: &Job,
        response: &ChatResponse,
    ) -> (Option<Pico>, bool) {
        match &response.usage {
            // Output that is there and was not counted is counted here.
            Some(usage) if is_told(usage) && (usage.completion_tokens > 0 || !says(response)) => {
                (self.price_of(&job.target, usage), false)
            }
            told => {
                let mut usage = estimated_usage(job, response);
                let prompt = told.as_ref().map_or(0, |told| told.prompt_tokens);
                if prompt > 0 {
                    usage.prompt_tokens = prompt;
                }
                (self.price_of(&job.target, &usage), true)
            }
        }
    }

    /// The cost of vectors, and whether it is an estimate.
    pub(super) fn cost_of_vectors(&self, job: &Job, usage: Option<&Usage>) -> (Option<Pico>, bool) {
        match usage {
            Some(usage) if is_told(usage) => (self.price_of(&job.target, usage), false),
            _ => (self.price_of(&job.target, &usual_usage(&job.target, &job.request)), true),
        }
    }

    /// The cost of a failed attempt, and whether it is an estimate.
    pub(super) fn cost_of_failure(
        &self,
        job: &Job,
        bill: Bill,
        sent: bool,
        so_far: &Assembler,
    ) -> (Option<Pico>, bool) {
        let said = so_far.has_said();
        match bill {
            // A price that is unknown is unknown for nothing too, but nothing costs nothing.
            _ if !sent => (Some(Pico::ZERO), false),
            Bill::Nothing if !said => (Some(Pico::ZERO), false),
            Bill::Nothing | Bill::Estimate if said => {
                let (cost, _) = self.cost_of_answer(job, so_far.so_far());
                (cost, true)
            }
            Bill::Nothing | Bill::Estimate => {
                (self.cost_of_silence(&job.target, &job.request, job.guards.reserved()), true)
            }
        }
    }

    /// The cost of an attempt that was sent and of which nothing came back: what was reserved for it, so that the
    /// report and the budget agree; without a budget the most that it would usually cost.
    pub(super) fn cost_of_silence(
        &self,
        target: &Target,
        request: &Asked,
        reserved: Option<Pico>,
    ) -> Option<Pico> {
        if reserved.is_some() {
            return reserved;
        }
        self.price_of(target, &usual_usage(target, request))
    }

    fn price_of(&self, target: &Target, usage: &Usage) -> Option<Pico> {
        let wall = self.client.world.clock.wall();
        let price = target.price(wall);
        if price.is_none() {
            target.meters.unpriced();
        }
        price.map(|price| price.cost(usage))
    }
}

/// A provider that does not count says zero, or nothing.
fn is_told(usage: &Usage) -> bool {
    usage.prompt_tokens > 0 || usage.completion_tokens > 0
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
    let each = request.output_limit().unwrap_or(ASSUMED_OUTPUT);
    Usage::new(input, each.saturating_mul(u64::from(request.choices())))
}

/// The usage that the provider did not report, counted here.
fn estimated_usage(job: &Job, response: &ChatResponse) -> Usage {
    let counter = job.target.counter();
    let said = |message: &ft_core::Message| counter.count_message(message).tokens;
    let output = response.choices.iter().map(|choice| said(&choice.message)).sum();
    Usage::new(job.request.tokens(counter).tokens, output)
}
