//! Callers: when they come, what they ask, how they read, and when they leave.

use std::time::Duration;

use ft_client::{AnswerStream, CallOptions, Client, Error, Report};
use ft_core::ChatRequest;
use futures_util::StreamExt;
use tokio::time::{sleep, timeout};

use super::{Call, End, FOR_EVER};
use crate::luck::draw;
use crate::world::World;

/// What one caller has in mind.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its number, from 0.
    pub number: usize,
    /// When it comes, since the beginning.
    pub at: Duration,
    /// What it asks.
    pub question: String,
    /// Whether it reads a stream.
    pub streamed: bool,
    /// After how long it leaves, if it does.
    pub leaves: Option<Duration>,
    /// For how long it stands still after its first piece, if it does.
    pub stalls: Option<Duration>,
}

impl Plan {
    /// The request's id, which its luck follows.
    #[must_use]
    pub fn id(&self) -> String {
        format!("r{}", self.number)
    }
}

/// The world's callers, in the order in which they come.
#[must_use]
pub(crate) fn plans(world: &World) -> Vec<Plan> {
    let traffic = &world.traffic;
    let mut at = Duration::ZERO;
    let mut plans: Vec<Plan> = Vec::with_capacity(traffic.requests + AFTERWARDS);
    for number in 0..traffic.requests {
        let mut draw = draw(&[world.seed, CALLERS, number as u64]);
        // Exponential gaps: callers come at random, at this rate.
        let gap = -libm::log(1.0 - draw.unit()) / traffic.rate;
        at += Duration::from_secs_f64(gap);
        let question = match traffic.questions {
            0 => number as u64,
            questions => draw.below(questions),
        };
        let leaves = draw.chance(traffic.leave).then(|| draw.jitter(traffic.leave_within));
        let streamed = draw.chance(traffic.streamed);
        let stalls = (streamed && draw.chance(traffic.stall)).then_some(traffic.stall_for);
        plans.push(Plan { number, at, question: format!("q{question}"), streamed, leaves, stalls });
    }
    plans.extend(afterwards(world, at));
    plans
}

/// A salt for draws about callers.
const CALLERS: u64 = 0x0063_616c_6c65_7273;

/// How many callers come when all is well again.
const AFTERWARDS: usize = 240;

/// A caller every second for a while after the last fault, then one every ten seconds: somebody must ask, or nobody
/// would find out that all is well again.
fn afterwards(world: &World, last: Duration) -> impl Iterator<Item = Plan> + use<> {
    let from = world.faults_end().max(last);
    let first = world.traffic.requests;
    let wanted = if world.faults_end() < Duration::MAX { AFTERWARDS } else { 0 };
    (0..wanted).map(move |nth| {
        let slow = nth.saturating_sub(120) as u64;
        let at = from + Duration::from_secs(1 + nth.min(120) as u64 + 10 * slow);
        let question = format!("after {nth}");
        Plan { number: first + nth, at, question, streamed: false, leaves: None, stalls: None }
    })
}

/// Asks, and reads to the end, or leaves.
pub(super) async fn call(client: Client, plan: Plan) -> Call {
    let clock = std::sync::Arc::clone(client.clock());
    let began = clock.now();
    let mut read = Read::default();
    let patience = plan.leaves.unwrap_or(FOR_EVER);
    let asked = timeout(patience, ask(&client, &plan, &mut read)).await;
    let took = clock.now().since(began);
    let (end, report) = match asked {
        Ok(Ok(answered)) => answered,
        Ok(Err(error)) => {
            let partial = error.partial().map(|partial| partial.text().into_owned());
            (End::Failed(error.kind(), partial), error.report().cloned())
        }
        // A stream that was whole before its reader left ended without its caller.
        Err(_) if plan.leaves.is_some() => (End::Left, read.report.take()),
        Err(_) => (End::Hung, None),
    };
    let first = if plan.streamed { read.first } else { Some(took) };
    Call { plan, took, first, delivered: read.text, end, report }
}

#[derive(Default)]
struct Read {
    text: String,
    first: Option<Duration>,
    report: Option<Report>,
}

type Answered = (End, Option<Report>);

async fn ask(client: &Client, plan: &Plan, read: &mut Read) -> Result<Answered, Error> {
    let request = ChatRequest::user(plan.question.clone());
    let options = CallOptions::new().with_request_id(plan.id());
    if !plan.streamed {
        let answer = client.chat_with(request, options).await?;
        return Ok((End::Answer(answer.text().into_owned()), Some(answer.report)));
    }
    let began = client.clock().now();
    let mut stream = client.chat_stream_with(request, options).await?;
    read.report = Some(stream.report());
    read_stream(&mut stream, plan, read, || client.clock().now().since(began)).await?;
    Ok((End::Answer(read.text.clone()), Some(stream.report())))
}

async fn read_stream(
    stream: &mut AnswerStream,
    plan: &Plan,
    read: &mut Read,
    elapsed: impl Fn() -> Duration,
) -> Result<(), Error> {
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        let text = chunk.choices.first().and_then(|choice| choice.delta.content.clone());
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            read.text.push_str(&text);
            if read.first.is_none() {
                read.first = Some(elapsed());
                if let Some(still) = plan.stalls {
                    sleep(still).await;
                }
            }
        }
    }
    Ok(())
}
