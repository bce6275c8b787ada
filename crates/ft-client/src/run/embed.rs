//! Vectors: the same way as an answer's, among targets of one model, with no last resort.

use std::sync::Arc;

use ft_core::chat::{EmbeddingRequest, EmbeddingResponse};
use ft_core::decide::Event;
use tracing::Instrument;

use super::{End, Run, Want, Won};
use crate::answer::{Embedded, Outcome};
use crate::asked::{Asked, validate_vectors};
use crate::attempt::Good;
use crate::error::Error;
use crate::options::CallOptions;
use crate::state::Inner;

impl Run {
    /// Begins a request for vectors.
    pub(crate) fn begin_vectors(
        client: &Arc<Inner>,
        request: EmbeddingRequest,
        options: CallOptions,
    ) -> Result<Box<Self>, Error> {
        let chain = client.chain_for(&options)?;
        validate_vectors(&request)?;
        let request = Asked::Vectors(Arc::new(request));
        Ok(Self::new(client, chain, request, options, Want::Plain, client.entropy()))
    }

    /// The way of one request for vectors.
    ///
    /// # Cancel safety
    /// As [`go`](Self::go).
    pub(crate) async fn embed(mut self: Box<Self>) -> Result<Embedded, Error> {
        let span = self.span.clone();
        async move {
            self.make_plan();
            match self.live(Event::Start).await {
                End::Live(won) => match won {
                    Won { leg, mut job, good: Good::Vectors(response), .. } => {
                        job.guards.finished();
                        Ok(self.embedded(leg, job, *response))
                    }
                    // Nothing else is asked for.
                    Won { .. } => Err(self.fail(ft_core::decide::FailReason::Exhausted)),
                },
                End::Fail(reason) => Err(self.fail(reason)),
                // There is none of either.
                End::Stale | End::Emergency => {
                    let reason = self.reason();
                    Err(self.fail(reason))
                }
            }
        }
        .instrument(span)
        .await
    }

    /// Settles vectors: breaker, money, trail, metrics.
    fn embedded(
        &mut self,
        leg: super::Leg,
        mut job: Box<crate::attempt::Job>,
        response: EmbeddingResponse,
    ) -> Embedded {
        let now = self.now();
        let charge = self.charge_of_vectors(&job, response.usage.as_ref());
        job.guards.pay(charge.cost);
        let attempt = &mut self.trail[leg.entry];
        attempt.outcome = Outcome::Answered;
        attempt.upstream_request_id = job.call.upstream_id.get().map(str::to_owned);
        attempt.took = now.since(job.began);
        charge.note(attempt);
        self.note(leg);
        if let (Some(usage), false) = (&response.usage, charge.estimated) {
            job.target.meters.tokens(usage);
        }
        let report = self.live_report(leg.target, None, now);
        self.tell(&report, None);
        Embedded { response, report }
    }
}
