//! The end of a request: its answer or error, its report, and what others are told.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use ft_core::chat::Assembler;
use ft_core::decide::{Event, FailReason};
use ft_core::{ChatResponse, Tick};
use ft_cost::Pico;
use tracing::Instrument;

use super::along::Along;
use super::body::{Body, Settling};
use super::cache::Joined;
use super::leg::{Leg, Won};
use super::live::Live;
use super::{End, Run};
use crate::answer::{Answer, Attempt, CacheStatus, Outcome, Report, ServedBy, Tier};
use crate::emergency::EmergencyContext;
use crate::error::Error;
use crate::shared::{Ended, Head, Reader, Start, Writer};
use crate::telemetry;

/// What a request comes to by its own work.
pub(crate) enum Done {
    /// A complete answer.
    Whole(Box<Answer>),
    /// A stream whose first content has come.
    Live(Box<Live>),
}

/// What a request comes to.
pub(crate) enum Served {
    /// What its own work led to.
    Own(Done),
    /// A stream of its own that others may wait for as well, and its report so far.
    Led(Reader, Box<Report>),
    /// The stream of another's call.
    Along(Box<Along>),
}

impl Run {
    /// The answer of a request that needs nobody: a fresh one from the cache.
    ///
    /// Asked before [`go`](Self::go), whose future has room for everything that may follow and is not cheap to move.
    pub(crate) fn at_once(&mut self) -> Option<Answer> {
        let answer = self.fresh(self.began)?;
        self.tell(&answer.report, None);
        Some(answer)
    }

    /// The way of one request that the cache alone cannot answer.
    ///
    /// # Cancel safety
    /// Dropping it cancels what is under way; see [`Run`].
    pub(crate) async fn go(mut self: Box<Self>) -> Result<Served, Error> {
        match self.join().await {
            Joined::Go => {}
            Joined::Shared(Ok(answer)) => {
                let answer = self.coalesced(&answer, self.now());
                return Ok(Served::Own(self.whole(answer)));
            }
            Joined::Shared(Err(error)) => return Err(self.fail_as(error)),
            Joined::Along(following, start) => {
                return Ok(Served::Along(Box::new(Along::new(self, following, &start))));
            }
            Joined::TimedOut => {
                self.make_plan();
                let end = self.without_time();
                return self.conclude(end).await.map(Served::Own);
            }
        }
        match self.lead {
            None => self.alone().await.map(Served::Own),
            Some(_) => self.leading().await,
        }
    }

    /// From the plan to the answer.
    async fn alone(mut self: Box<Self>) -> Result<Done, Error> {
        self.make_plan();
        let end = self.live(Event::Start).await;
        self.conclude(end).await
    }

    /// The same where others may wait for it: its end must not depend on how its own caller reads.
    async fn leading(self: Box<Self>) -> Result<Served, Error> {
        let reader = Reader::new();
        if let Some(lead) = &self.lead {
            lead.carry(reader.found());
        }
        let span = self.span.clone();
        reader.begin(|writer| Box::pin(self.saying(writer).instrument(span)));
        Ok(match reader.head().await? {
            Head::Whole(answer) => Served::Own(Done::Whole(answer)),
            Head::Streaming(report) => Served::Led(reader, report),
        })
    }

    /// The whole way, which says what it comes to.
    async fn saying(self: Box<Self>, writer: Writer) {
        let mut stream = match self.alone().await {
            Ok(Done::Whole(answer)) => return writer.head(Ok(Head::Whole(answer))),
            // What its caller wants of it is not what those want who read along.
            Ok(Done::Live(stream)) => stream.with_usage(),
            Err(error) => return writer.head(Err(error)),
        };
        writer.time_left(stream.time_left());
        writer.head(Ok(Head::Streaming(Box::new(stream.report().clone()))));
        let mut begun = false;
        let end = loop {
            if writer.room().await {
                let so_far = if begun { stream.so_far() } else { Some(Vec::new()) };
                if let Some(so_far) = so_far {
                    writer.start(Start { so_far, report: stream.report().clone() });
                }
            }
            let next = poll_fn(|cx| match stream.poll_piece(cx) {
                Poll::Ready(piece) => Poll::Ready(Some(piece)),
                Poll::Pending => writer.poll_asked(cx).map(|()| None),
            });
            match next.await {
                None => {}
                Some(Some(Ok(piece))) => {
                    begun = true;
                    writer.piece(piece);
                }
                Some(Some(Err(error))) => break Err(error),
                Some(None) => break Ok(()),
            }
        };
        writer.end(Ended(end, Some(Box::new(stream.report().clone()))));
    }

    /// The last resort of a call that spent its time waiting for another.
    fn without_time(&self) -> End {
        if self.stale.is_some() && self.plan.last_resorts {
            End::Stale
        } else if self.plan.emergency && self.plan.last_resorts {
            End::Emergency
        } else {
            End::Fail(FailReason::Deadline)
        }
    }

    async fn conclude(mut self: Box<Self>, end: End) -> Result<Done, Error> {
        match end {
            End::Live(won) => Ok(self.answered(won)),
            End::Stale => match self.stale.take() {
                Some(entry) => {
                    let answer = self.entry_answer(&entry, CacheStatus::Stale, self.now());
                    self.share_end(self.reason(), Ok(&answer));
                    Ok(self.whole(answer))
                }
                None => Err(self.fail(FailReason::Exhausted)),
            },
            End::Emergency => self.emergency().await,
            End::Fail(reason) => Err(self.fail(reason)),
        }
    }

    fn answered(mut self: Box<Self>, won: Won) -> Done {
        match Body::new(won) {
            Ok(body) => {
                self.own = Some(self.own_time());
                Done::Live(Box::new(Live::new(self, body)))
            }
            Err(settling) => {
                let (Settling { leg, job, first_token }, response) = settling;
                Done::Whole(Box::new(self.complete(leg, job, response, first_token)))
            }
        }
    }

    /// Settles a complete answer: breaker, money, trail, cache, followers, metrics.
    pub(crate) fn complete(
        &mut self,
        leg: Leg,
        mut job: Box<crate::attempt::Job>,
        response: Arc<ChatResponse>,
        first_token: Option<Duration>,
    ) -> Answer {
        let now = self.now();
        job.guards.finished();
        let charge = self.charge_of_answer(&job, &response);
        job.guards.pay(charge.cost);
        let attempt = &mut self.trail[leg.entry];
        attempt.outcome = Outcome::Answered;
        attempt.upstream_request_id = job.call.upstream_id.get().map(str::to_owned);
        attempt.took = now.since(job.began);
        attempt.first_token = first_token;
        charge.note(attempt);
        let each = charge.tokens.output / job.request.billed_choices();
        job.target.outputs.record(each, attempt.took);
        self.note(leg);
        if let (Some(usage), false) = (&response.usage, charge.estimated) {
            job.target.meters.tokens(usage);
        }
        // Nothing asks for the trail after this.
        let trail = std::mem::take(&mut self.trail);
        let report = self.served_report(leg.target, first_token, trail, now);
        let response = self.joined(response);
        self.fill(&response, &report, now);
        let response = Arc::unwrap_or_clone(response);
        let answer = Answer { response, report };
        self.share(Ok(&answer));
        self.tell(&answer.report, None);
        answer
    }

    /// The whole answer: what earlier attempts had delivered, and what this one added.
    fn joined(&mut self, last: Arc<ChatResponse>) -> Arc<ChatResponse> {
        match self.delivered.take() {
            Some(mut delivered) => {
                delivered.continue_with(&Assembler::of(Arc::unwrap_or_clone(last)));
                Arc::new(delivered.finish())
            }
            None => last,
        }
    }

    /// The report of an answer by this target, as of now.
    pub(crate) fn live_report(
        &self,
        target: usize,
        first_token: Option<Duration>,
        now: Tick,
    ) -> Report {
        self.served_report(target, first_token, self.trail.clone(), now)
    }

    fn served_report(
        &self,
        target: usize,
        first_token: Option<Duration>,
        trail: Vec<Attempt>,
        now: Tick,
    ) -> Report {
        let member = &self.members[target];
        Report {
            served_by: Some(self.server(target)),
            tier: Tier::Live(self.chain.tiers[member.tier].name.clone()),
            fallback_level: member.level,
            first_token: first_token.and_then(|_| self.first_content(&trail)),
            fit: self.progress[target].fit,
            ..self.report_of(trail, now)
        }
    }

    /// From the call to the first content: of a continued answer that of the attempt that began it, else that of the
    /// one that served, which is the last to have any.
    fn first_content(&self, trail: &[Attempt]) -> Option<Duration> {
        let mut times =
            trail.iter().filter_map(|attempt| Some(attempt.began + attempt.first_token?));
        if self.continued { times.next() } else { times.next_back() }
    }

    fn server(&self, target: usize) -> ServedBy {
        let target = &self.members[target].target;
        ServedBy { provider: target.provider.name.clone(), model: target.model().to_owned() }
    }

    /// What is known of the request so far, without an answer; of a stream that broke off, who had served it.
    pub(crate) fn report_so_far(&self, now: Tick) -> Report {
        let mut report = self.report_of(self.trail.clone(), now);
        if let Some(target) = self.broke {
            report.served_by = Some(self.server(target));
            report.first_token = self.first_content(&report.attempts);
        }
        report
    }

    fn report_of(&self, trail: Vec<Attempt>, now: Tick) -> Report {
        let made = |attempt: &&Attempt| !matches!(attempt.outcome, Outcome::Skipped(_));
        let cost = trail.iter().filter(made).map(|attempt| attempt.cost).sum::<Option<Pico>>();
        Report {
            request_id: self.request_id.clone(),
            served_by: None,
            tier: Tier::None,
            fallback_level: 0,
            latency: now.since(self.began),
            first_token: None,
            cost: cost.or_else(|| trail.is_empty().then_some(Pico::ZERO)),
            cost_is_estimate: trail.iter().any(|attempt| attempt.cost_is_estimate),
            tokens: trail.iter().map(|attempt| attempt.tokens).sum(),
            attempts: trail,
            cache: if self.key.is_some() { CacheStatus::Miss } else { CacheStatus::Bypass },
            fit: None,
            continued: self.continued,
        }
    }

    async fn emergency(mut self: Box<Self>) -> Result<Done, Error> {
        let reason = self.reason();
        let emergency = self.chain.emergency.clone().zip(self.request.chat().cloned());
        let Some((emergency, request)) = emergency else {
            return Err(self.fail(reason));
        };
        let context = EmergencyContext { request, why: reason.into() };
        let since = self.now();
        let response = emergency.answer(context).await;
        self.waited_since(since);
        let Some(mut response) = response else {
            return Err(self.fail(reason));
        };
        // What every answer has, and typed clients rely on.
        response.id.clone_from(&self.request_id);
        response.created = self.client.world.clock.wall().0 / 1_000;
        let report = Report {
            tier: Tier::Emergency,
            fallback_level: self.chain.targets(&self.options) + 1,
            ..self.report_so_far(self.now())
        };
        let answer = Answer { response, report };
        self.share_end(reason, Ok(&answer));
        Ok(self.whole(answer))
    }

    /// Why nothing live has answered.
    pub(super) fn reason(&self) -> FailReason {
        if self.now() >= self.deadline { FailReason::Deadline } else { self.ledger.fail_reason() }
    }

    fn whole(&mut self, answer: Answer) -> Done {
        self.tell(&answer.report, None);
        Done::Whole(Box::new(answer))
    }

    /// Another call's error, as this call's.
    pub(crate) fn fail_as(&mut self, error: Error) -> Error {
        let report = self.own_report(self.now());
        self.tell(&report, Some(&error));
        error.with_report(report)
    }

    /// Shares what no target's answer led to. The chain's end concerns those who wait as well; this caller's own
    /// end does not, and passes the lead on.
    pub(super) fn share_end(&mut self, reason: FailReason, end: Result<&Answer, &Error>) {
        match reason {
            FailReason::Exhausted
            | FailReason::Refused
            | FailReason::Unsuited
            | FailReason::TooLong => self.share(end),
            FailReason::Deadline | FailReason::Spend | FailReason::MidStream => self.lead = None,
        }
    }

    fn share(&mut self, end: Result<&Answer, &Error>) {
        if let Some(lead) = self.lead.take() {
            lead.finish(end.map(|answer| Arc::new(answer.clone())).map_err(Error::clone));
        }
    }

    /// Tells metrics and logs how the request ended. Once.
    pub(crate) fn tell(&mut self, report: &Report, error: Option<&Error>) {
        if !std::mem::replace(&mut self.told, true) {
            self.client.meters.request(&self.chain, report, error, self.own_time());
            telemetry::request_ended(&self.span, report, error);
        }
    }

    /// The time so far in which nobody else worked.
    pub(super) fn own_time(&self) -> Duration {
        self.own.unwrap_or_else(|| self.now().since(self.began).saturating_sub(self.waited))
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if self.told {
            return;
        }
        self.abandon_legs();
        let stream = self.abandon_stream();
        self.told = true;
        let now = self.now();
        let report = match stream {
            Some((target, first_token)) => self.live_report(target, first_token, now),
            None => self.own_report(now),
        };
        if let Some(kept) = &self.options.report_on_drop {
            // The first one stays: a call has one end.
            let _ = kept.set(report.clone());
        }
        self.client.meters.left(&self.chain, &report);
        if let Some(listener) = &self.client.left {
            // It is not ours, and this may be an unwinding already.
            let _ = catch_unwind(AssertUnwindSafe(|| listener(&report)));
        }
    }
}
