//! The engine: requests come, are served in virtual time, and are counted.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use ft_client::{CallOptions, Client, FailKind, Report};
use ft_core::{Call, Provider, Usage};
use futures_util::StreamExt;
use tokio::time::{sleep_until, timeout};

use crate::arrivals::Source;
use crate::demand::{Demand, Demands};
use crate::open::Open;
use crate::tally::Tally;
use crate::world::{Direct, Who, World};

/// How one request ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) stream: bool,
    /// Since the beginning of the run.
    pub(crate) began: Duration,
    pub(crate) took: Duration,
    /// From the request to the first content, of streams.
    pub(crate) first_token: Option<Duration>,
    pub(crate) end: End,
}

/// What a request came to.
#[derive(Debug)]
pub(crate) enum End {
    /// The client gave an answer, which may be an emergency one.
    Answer { report: Box<Report>, usage: Option<Usage> },
    /// The client gave an error.
    Error { kind: FailKind, report: Option<Box<Report>> },
    /// Of targets that were asked directly, in order, these failed, and the next one answered unless there was none.
    Direct { failed: Vec<&'static str>, answered: bool, usage: Option<Usage> },
    /// The caller did not wait for the end. A client tells what had been done until then; of targets that were asked
    /// directly it is known which had failed by then, and that one was under way.
    Left { report: Option<Box<Report>>, failed: Vec<&'static str> },
}

/// When no more requests come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) requests: u64,
    pub(crate) duration: Duration,
}

/// How far a run is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Requests that have ended.
    pub requests: u64,
    /// How many there will be, where that is known.
    pub of: Option<u64>,
    /// Simulated time that has passed.
    pub elapsed: Duration,
    /// How much there will be, where that is known.
    pub until: Option<Duration>,
}

/// How often somebody is told how far the run is.
const TELL_EVERY: u64 = 16_384;

/// Serves requests until no more come and all have ended.
pub(crate) async fn drive(
    world: &World,
    demands: &Demands,
    source: Source,
    limit: Limit,
    tally: &mut Tally,
    tell: &mut dyn FnMut(Progress),
) {
    let mut all = pin!(serve_all(world, demands, source, limit, tally, tell));
    poll_fn(|cx| {
        // Whatever turned the runtime, this is the first to run after it.
        world.clock.look();
        all.as_mut().poll(cx)
    })
    .await;
}

async fn serve_all(
    world: &World,
    demands: &Demands,
    mut source: Source,
    limit: Limit,
    tally: &mut Tally,
    tell: &mut dyn FnMut(Progress),
) {
    let mut open = Open::new();
    let mut begun = 0;
    let mut ended_so_far = 0;
    let mut alarm = pin!(sleep_until(world.clock.instant(Duration::ZERO)));
    let mut set_for = Duration::ZERO;
    let next = |source: &Source, begun: u64| {
        source.peek().filter(|at| begun < limit.requests && *at < limit.duration)
    };
    loop {
        let now = world.clock.elapsed();
        while let Some(at) = next(&source, begun).filter(|at| *at <= now) {
            let demand = match source.recorded(begun) {
                Some(request) => demands.recorded(begun, request),
                None => demands.of(begun),
            };
            source.pop();
            begun += 1;
            open.push(serve(world, demands, demand, at.max(now)));
        }
        let due = next(&source, begun);
        if let Some(at) = due.filter(|at| *at != set_for) {
            alarm.as_mut().reset(world.clock.instant(at));
            set_for = at;
        }
        // A request that has ended; `None` when the next one comes, or when none is under way and none comes.
        let ended = poll_fn(|cx| {
            if !open.is_empty()
                && let Poll::Ready(ended) = open.poll_next(cx)
            {
                return Poll::Ready(Some(ended));
            }
            match due {
                Some(_) => alarm.as_mut().poll(cx).map(|()| None),
                None if open.is_empty() => Poll::Ready(None),
                None => Poll::Pending,
            }
        });
        match ended.await {
            Some(ended) => {
                source.ended(ended.began, ended.began + ended.took);
                tally.note(&ended);
                ended_so_far += 1;
                if ended_so_far % TELL_EVERY == 0 {
                    tell(Progress {
                        requests: ended_so_far,
                        of: Some(limit.requests).filter(|all| *all < u64::MAX),
                        elapsed: world.clock.elapsed(),
                        until: Some(limit.duration).filter(|all| *all < Duration::MAX),
                    });
                }
            }
            None if due.is_some() => {}
            None => break,
        }
    }
}

async fn serve(world: &World, demands: &Demands, demand: Demand, began: Duration) -> Ended {
    let (mut first_token, mut failed) = (None, Vec::new());
    let end = {
        // Pinned where it is made: a future of this size is not cheap to move.
        let mut asked = pin!(async {
            match &world.who {
                Who::Client(client) => {
                    let chain = demands.chain_name(demand.chain);
                    through(client, chain, &demand, world, began, &mut first_token).await
                }
                Who::Directly { targets, time_limit } => {
                    let answer = directly(
                        targets,
                        *time_limit,
                        &demand,
                        world,
                        began,
                        &mut first_token,
                        &mut failed,
                    );
                    let (answered, usage) = answer.await;
                    End::Direct { failed: Vec::new(), answered, usage }
                }
            }
        });
        match demand.patience {
            Some(patience) => timeout(patience, asked).await.ok(),
            None => Some(asked.as_mut().await),
        }
    };
    // What was under way has been dropped by now, and has said what it was.
    let end = match end {
        Some(End::Direct { answered, usage, .. }) => End::Direct { failed, answered, usage },
        Some(end) => end,
        None => End::Left { report: world.who_left(), failed },
    };
    let took = world.clock.elapsed().saturating_sub(began);
    Ended { stream: demand.stream, began, took, first_token, end }
}

async fn through(
    client: &Client,
    chain: &str,
    demand: &Demand,
    world: &World,
    began: Duration,
    first_token: &mut Option<Duration>,
) -> End {
    let options = || {
        let mut options = CallOptions::new();
        chain.clone_into(&mut options.chain);
        options.request_id = Some(request_id(demand));
        options
    };
    if !demand.stream {
        return match client.chat_with(demand.request(), options()).await {
            Ok(answer) => {
                End::Answer { report: Box::new(answer.report), usage: answer.response.usage }
            }
            Err(error) => failed(&error),
        };
    }
    let mut stream = match client.chat_stream_with(demand.request(), options()).await {
        Ok(stream) => stream,
        Err(error) => return failed(&error),
    };
    let mut usage = None;
    while let Some(item) = stream.next().await {
        match item {
            Ok(chunk) => {
                if first_token.is_none() && chunk.has_content() {
                    *first_token = Some(world.clock.elapsed().saturating_sub(began));
                }
                usage = chunk.usage.or(usage);
            }
            Err(error) => return failed(&error),
        }
    }
    End::Answer { report: Box::new(stream.report()), usage }
}

fn request_id(demand: &Demand) -> String {
    format!("sim-{:x}", demand.number)
}

fn failed(error: &ft_client::Error) -> End {
    End::Error { kind: error.kind(), report: error.report().cloned().map(Box::new) }
}

/// Asks each target once, in order, without memory. Whether one of them answered, and with which usage.
async fn directly(
    targets: &[Direct],
    time_limit: Duration,
    demand: &Demand,
    world: &World,
    began: Duration,
    first_token: &mut Option<Duration>,
    failed: &mut Vec<&'static str>,
) -> (bool, Option<Usage>) {
    let request = &demand.request();
    for target in targets {
        let call = Call {
            deadline: crate::clock::SimClock::tick(world.clock.elapsed() + time_limit),
            request_id: request_id(demand),
            ..Call::new(target.model.as_str())
        };
        let asked = async {
            if !demand.stream {
                return target.provider.chat(&call, request).await.map(|answer| answer.usage);
            }
            let mut stream = target.provider.chat_stream(&call, request).await?;
            let mut usage = None;
            while let Some(item) = stream.next().await {
                let chunk = item?;
                if first_token.is_none() && chunk.has_content() {
                    *first_token = Some(world.clock.elapsed().saturating_sub(began));
                }
                usage = chunk.usage.or(usage);
            }
            Ok(usage)
        };
        match timeout(time_limit, asked).await {
            Ok(Ok(usage)) => return (true, usage),
            Ok(Err(error)) => failed.push(error.kind().as_str()),
            Err(_) => failed.push("timed_out"),
        }
        // Its first words have reached the caller: there is no taking them back.
        if first_token.is_some() {
            break;
        }
    }
    (false, None)
}
