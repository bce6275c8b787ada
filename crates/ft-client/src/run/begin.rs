//! The beginning of a request: validity, deadline, order.

use std::sync::Arc;
use std::time::Duration;

use ft_core::chat::{Assembler, Message};
use ft_core::decide::{Ledger, MidStream};
use ft_core::{Capabilities, ChatRequest, Entropy, Tick};

use super::{Legs, Progress, Run, Want};
use crate::asked::Asked;
use crate::chain::{Chain, Facts, Route};
use crate::client::Inner;
use crate::error::Error;
use crate::money::Budgets;
use crate::options::CallOptions;
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
            budgets: Budgets { client: client.spend.clone(), caller: options.spend.clone() },
            paid_from: None,
            callers_money: false,
            unpriced: false,
            key: None,
            stale: None,
            lead: None,
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

    /// Makes the order and the bounds. To `look` changes nothing beside.
    pub(super) fn draw_plan(&mut self, look: bool) {
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
        let Route { members, mut plan } = chain.route(&facts, &mut self.draw);
        if !request.chat().is_some_and(|chat| may_be_continued(chat)) {
            plan.mid_stream = MidStream::Fail;
        }
        // An apology is no vector.
        plan.emergency &= request.chat().is_some();
        self.ledger = Ledger::new(members.len());
        self.progress = vec![Progress::default(); members.len()];
        self.plan = plan;
        self.members = members;
    }

    /// The request that goes on from what the caller already has.
    pub(crate) fn continuation(&self, request: &ChatRequest) -> Arc<ChatRequest> {
        let mut request = request.clone();
        let so_far =
            self.delivered.as_ref().map(|delivered| delivered.so_far().text().into_owned());
        request.messages.push(Message::assistant(so_far.unwrap_or_default()));
        Arc::new(request)
    }

    /// No other model may go on from a tool call.
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

/// Never across tool calls, structured output or several answers: two models' words would not join there.
fn may_be_continued(request: &ChatRequest) -> bool {
    request.tools.is_empty()
        && !request.extra.contains_key("functions")
        && !request.is_structured()
        && request.choices() == 1
}

fn empty_plan(deadline: Tick) -> ft_core::decide::Plan {
    ft_core::decide::Plan {
        targets: Vec::new(),
        rounds: 1,
        max_attempts: 0,
        deadline,
        throttle_patience: Duration::ZERO,
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
    let rule = |holds: bool, rule: &str| if holds { Ok(()) } else { Err(Error::invalid(rule)) };
    rule(!request.messages.is_empty(), "`messages` is empty; it must have at least one message")?;
    let number =
        |value: Option<f64>, most: f64| value.is_none_or(|value| (0.0..=most).contains(&value));
    rule(number(request.temperature, 2.0), "`temperature` must be a number from 0 to 2")?;
    rule(number(request.top_p, 1.0), "`top_p` must be a number from 0 to 1")?;
    let most = u32::try_from(Assembler::MOST_CHOICES).unwrap_or(u32::MAX);
    rule(request.n.is_none_or(|n| (1..=most).contains(&n)), "`n` must be from 1 to 128")?;
    rule(request.output_limit() != Some(0), "`max_tokens` must be at least 1")
}
