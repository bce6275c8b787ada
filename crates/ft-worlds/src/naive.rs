//! The loop that everybody writes first: each target once, in order, without memory.
//!
//! It meets the same luck as the client. A client that does worse than it has a mechanism that does harm.

use std::sync::Arc;
use std::time::Duration;

use ft_client::TokioClock;
use ft_core::chat::Assembler;
use ft_core::{Call, ChatRequest, Clock, Provider};
use ft_sim::{Log, SimProvider};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{sleep, timeout};

use crate::luck::{answer_to, providers};
use crate::play::Plan;
use crate::world::{TargetSpec, World};

/// What the loop made of the world.
#[derive(Clone, Debug, Default)]
pub struct Naive {
    /// By request: the place of the target that answered in full, in the order of the tiers.
    pub answered: Vec<Option<usize>>,
}

/// Asks every request of the world in the naive way.
#[must_use]
pub fn play(world: &World) -> Naive {
    crate::play::runtime().block_on(async {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::new());
        let providers = providers(world, &clock, &Log::counting());
        let plans = crate::play::plans(world);
        let mut answered = vec![None; plans.len()];
        let calls = plans.into_iter().map(|plan| ask(world, &providers, plan));
        let mut calls: FuturesUnordered<_> = calls.collect();
        while let Some((number, place)) = calls.next().await {
            answered[number] = place;
        }
        Naive { answered }
    })
}

async fn ask(world: &World, providers: &[SimProvider], plan: Plan) -> (usize, Option<usize>) {
    sleep(plan.at).await;
    let asked = async {
        for (place, target) in world.targets().enumerate() {
            match attempt(&providers[target.provider], target, &plan).await {
                Some(text) if text == answer_to(&plan.question) => return Some(place),
                // A stream that broke off after its first word cannot begin anew.
                Some(text) if plan.streamed && !text.is_empty() => return None,
                _ => {}
            }
        }
        None
    };
    (plan.number, timeout(world.settings.deadline, asked).await.ok().flatten())
}

/// What came of one attempt; `None`: nothing.
async fn attempt(provider: &SimProvider, target: &TargetSpec, plan: &Plan) -> Option<String> {
    let call = Call { request_id: plan.id(), ..Call::new(target.model()) };
    let request = ChatRequest::user(plan.question.clone());
    // Where the first content is bounded, it must be seen, by the loop as by the client.
    if !plan.streamed && !target.upstream_stream {
        let asked = timeout(target.attempt_timeout, provider.chat(&call, &request)).await;
        return Some(asked.ok()?.ok()?.text().into_owned());
    }
    let first = target.first_token_timeout.unwrap_or(target.attempt_timeout);
    let mut stream = timeout(first, provider.chat_stream(&call, &request)).await.ok()?.ok()?;
    let mut whole = Assembler::new();
    let mut idle = first;
    while let Ok(Some(Ok(chunk))) = timeout(idle, stream.next()).await {
        whole.push(&chunk);
        idle = IDLE;
    }
    Some(whole.finish().text().into_owned())
}

/// How long a stream may stand still: the client's default.
const IDLE: Duration = Duration::from_secs(30);
