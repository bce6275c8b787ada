//! The beginning of a request: validity, deadline, order.

use std::sync::Arc;
use std::time::Duration;

use ft_core::chat::{Assembler, Content, Message, Part, Role};
use ft_core::decide::{Ledger, MidStream};
use ft_core::rank::Standing;
use ft_core::{Capabilities, ChatRequest, ChatResponse, Entropy, Tick};
use serde_json::Value;

use super::{Legs, Progress, Run, Want};
use crate::asked::Asked;
use crate::chain::{Chain, Facts, Route};
use crate::counted::tokens_said;
use crate::error::{Broken, Error};
use crate::money::Budgets;
use crate::options::CallOptions;
use crate::state::Inner;
use crate::target::Target;
use crate::telemetry;

impl Run {
    pub(crate) fn begin(
        client: &Arc<Inner>,
        mut request: ChatRequest,
        options: CallOptions,
        want: Want,
    ) -> Result<Box<Self>, Error> {
        let chain = client.chain_for(&options)?;
        prepare(&mut request, &chain)?;
        let request = Asked::Chat(Arc::new(request));
        Ok(Self::new(client, chain, request, options, want, client.entropy()))
    }

    pub(super) fn new(
        client: &Arc<Inner>,
        chain: Arc<Chain>,
        request: Asked,
        options: CallOptions,
        want: Want,
        mut draw: Entropy,
    ) -> Box<Self> {
        let now = client.world.clock.now();
        let callers_deadline = options.deadline.map_or(Tick::MAX, |given| now.after(given));
        let patience = options.first_content_timeout.map_or(Tick::MAX, |given| now.after(given));
        let deadline = now.after(chain.config.deadline).min(callers_deadline).min(patience);
        let request_id = match &options.request_id {
            Some(id) => id.clone(),
            None => format!("ft-{:016x}", draw.next_u64()),
        };
        let span = telemetry::request_span(&chain.name, &request_id, want == Want::Stream);
        // It is large, and is handed from future to future.
        Box::new(Self {
            client: Arc::clone(client),
            request,
            want,
            began: now,
            request_id,
            deadline,
            callers_deadline,
            draw,
            plan: empty_plan(deadline),
            members: Vec::new(),
            views: Vec::new(),
            ledger: Ledger::new(0),
            legs: Legs::default(),
            places: Vec::new(),
            progress: Vec::new(),
            trail: Vec::new(),
            failures: Vec::new(),
            won: None,
            fell_back: false,
            free_refusals: 0,
            streaming: None,
            delivered: None,
            continued: false,
            broke_at: None,
            broke: None,
            budgets: Budgets { client: client.spend.clone(), caller: options.spend.clone() },
            paid_from: None,
            callers_money: false,
            unpriced: false,
            key: None,
            stale: None,
            lead: None,
            along: None,
            told: false,
            span,
            waited: Duration::ZERO,
            own: None,
            chain,
            options,
        })
    }

    /// Makes the order and the bounds, once, and counts the request.
    pub(super) fn make_plan(&mut self) {
        self.draw_plan(false);
        let now = self.now();
        self.client.cap.request(now);
        if let Some(hedging) = &self.client.hedge {
            hedging.request(now);
        }
    }

    /// Makes the order and the bounds; how the targets stood, and their places. To `look` changes nothing beside.
    pub(super) fn draw_plan(&mut self, look: bool) -> (Vec<Standing>, Vec<usize>) {
        let (client, chain) = (Arc::clone(&self.client), Arc::clone(&self.chain));
        let wall = client.world.clock.wall();
        let now = self.now();
        let request = self.request.clone();
        let cost = |target: &Target| {
            let price = target.price(wall)?;
            Some(price.cost(&super::cost::usual_usage(target, &request)))
        };
        let plain = request.chat().is_some_and(|chat| chat.needs() == Capabilities::NONE);
        let facts = Facts {
            now,
            deadline: self.deadline,
            options: &self.options,
            saving: self.budgets.is_soft(wall),
            hedge: client.hedge.is_some() && plain,
            look,
            model: request.only_model(&chain),
            cost: &cost,
        };
        let Route { members, standings, ranked, mut plan } = chain.route(&facts, &mut self.draw);
        if !request.chat().is_some_and(|chat| may_be_continued(chat)) {
            plan.mid_stream = MidStream::Fail;
        }
        // An apology is no vector.
        plan.emergency &= request.chat().is_some();
        self.ledger = Ledger::new(members.len());
        self.progress = vec![Progress::default(); members.len()];
        self.plan = plan;
        self.members = members;
        (standings, ranked)
    }

    /// The request that goes on from what the caller already has: as if the model had said it, and with what it took
    /// off the limit of the answer.
    pub(crate) fn continuation(&self, request: &ChatRequest, target: &Target) -> Arc<ChatRequest> {
        let mut request = request.clone();
        let Some(delivered) = &self.delivered else { return Arc::new(request) };
        let so_far = delivered.so_far().text();
        let took = tokens_said(delivered.so_far(), target.counter());
        for limit in [&mut request.max_tokens, &mut request.max_completion_tokens] {
            *limit = limit.map(|limit| limit.saturating_sub(took).max(1));
        }
        match request.messages.last_mut() {
            // The caller had begun the answer: two beginnings in a row are one to no model.
            Some(last) if last.role == Role::Assistant && last.tool_calls.is_empty() => {
                match &mut last.content {
                    Content::Text(begun) => begun.push_str(&so_far),
                    Content::Parts(parts) => parts.push(Part::text(so_far)),
                    content @ (Content::Absent | Content::Null) => {
                        *content = so_far.into_owned().into()
                    }
                }
            }
            _ => request.messages.push(Message::assistant(so_far.into_owned())),
        }
        Arc::new(request)
    }

    /// No other model may go on from what was said.
    pub(crate) fn forbid_continuing(&mut self) {
        self.plan.mid_stream = MidStream::Fail;
    }

    /// A stream broke off: the search for who goes on from there has as much time as the one for its beginning had.
    pub(crate) fn renew_deadline(&mut self, now: Tick) {
        self.deadline = now.after(self.chain.config.deadline).min(self.callers_deadline);
        self.plan.deadline = self.deadline;
    }

    pub(super) fn remaining(&self) -> Duration {
        self.deadline.since(self.now())
    }
}

/// Never across tool calls, bound forms, sound or several answers: two models' words would not join there.
fn may_be_continued(request: &ChatRequest) -> bool {
    request.tools.is_empty()
        && !request.extra.contains_key("functions")
        && !request.has_bound_form()
        && !request.extra.get("audio").is_some_and(Value::is_object)
        && request.choices() == 1
}

/// Whether another model can go on from what was said: from text, and from nothing that an assistant's message in a
/// request does not carry. After reasoning or a refusal alone it would begin anew.
pub(crate) fn can_go_on(said: &ChatResponse) -> bool {
    let parts_of_others = ["function_call", "audio", "images"];
    said.choices.iter().all(|choice| {
        let message = &choice.message;
        matches!(&message.content, Content::Text(text) if !text.is_empty())
            && message.tool_calls.is_empty()
            && message.refusal.as_deref().unwrap_or_default().is_empty()
            && !parts_of_others.iter().any(|field| message.extra.contains_key(*field))
    })
}

fn empty_plan(deadline: Tick) -> ft_core::decide::Plan {
    ft_core::decide::Plan {
        targets: Vec::new(),
        rounds: 1,
        max_attempts: 0,
        deadline,
        throttle_patience: Duration::ZERO,
        patience: Duration::ZERO,
        same_target_retries: 0,
        quick_backoff: Duration::ZERO,
        filtered_falls_through: false,
        mid_stream: MidStream::Fail,
        hedge: false,
        last_resorts: true,
        emergency: false,
        backoff: Vec::new(),
    }
}

/// What this chain will send, if it can be sent at all.
pub(super) fn prepare(request: &mut ChatRequest, chain: &Chain) -> Result<(), Error> {
    validate(request)?;
    if let (None, Some(tokens)) = (request.output_limit(), chain.config.max_tokens) {
        request.set_output_limit(tokens);
    }
    Ok(())
}

/// What would be refused everywhere is refused here, before it costs an attempt.
fn validate(request: &ChatRequest) -> Result<(), Error> {
    let breaks = |field, code, rule| Err(Error::breaks(Broken { field, code }, rule));
    if request.messages.is_empty() {
        let rule = "`messages` is empty; it must have at least one message";
        return breaks("messages", "empty_array", rule);
    }
    let number = |field, value: Option<f64>, most: f64, rule| match value {
        Some(value) if value < 0.0 => breaks(field, "decimal_below_min_value", rule),
        Some(value) if value > most => breaks(field, "decimal_above_max_value", rule),
        Some(value) if value.is_nan() => breaks(field, "invalid_type", rule),
        Some(_) | None => Ok(()),
    };
    number("temperature", request.temperature, 2.0, "`temperature` must be a number from 0 to 2")?;
    number("top_p", request.top_p, 1.0, "`top_p` must be a number from 0 to 1")?;
    let most = u32::try_from(Assembler::MOST_CHOICES).unwrap_or(u32::MAX);
    match request.n {
        Some(0) => return breaks("n", "integer_below_min_value", "`n` must be from 1 to 128"),
        Some(n) if n > most => {
            return breaks("n", "integer_above_max_value", "`n` must be from 1 to 128");
        }
        Some(_) | None => {}
    }
    let below = "integer_below_min_value";
    if request.max_completion_tokens == Some(0) {
        let rule = "`max_completion_tokens` must be at least 1";
        return breaks("max_completion_tokens", below, rule);
    }
    if request.max_tokens == Some(0) {
        return breaks("max_tokens", below, "`max_tokens` must be at least 1");
    }
    Ok(())
}
