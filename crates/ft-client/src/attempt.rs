//! One attempt at one target, under its timers.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ft_core::chat::{Assembler, EmbeddingRequest, EmbeddingResponse, Piece};
use ft_core::{
    Call, ChatRequest, ChatResponse, ChunkStream, Clock, ErrorKind, ProviderError, Tick,
};
use tokio::time::timeout;

use crate::asked::Asked;
use crate::counted::words_of;
use crate::guards::Guards;
use crate::overrun::Overrun;
use crate::reading::{Reading, Trouble};
use crate::target::Target;
use crate::timers::{Timer, Timers};
use crate::whole;

/// What an attempt is to bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A complete answer, asked for as one.
    Plain,
    /// A complete answer, assembled from a stream.
    Assembled,
    /// A stream, handed over at its first content.
    Streamed,
}

/// An admitted attempt, with all it needs: it borrows nothing, so it can be raced and dropped.
pub(crate) struct Job {
    pub(crate) target: Arc<Target>,
    pub(crate) call: Call,
    pub(crate) request: Asked,
    pub(crate) guards: Guards,
    pub(crate) mode: Mode,
    pub(crate) timers: Timers,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) began: Tick,
    /// Set at first content, where somebody waits to hedge it.
    pub(crate) heard: Option<Arc<AtomicBool>>,
    /// How far its stream may go, where money was taken for it.
    pub(crate) overrun: Option<Overrun>,
}

/// How an attempt ended. Small: it is handed up through every future of the request.
pub(crate) struct Ended {
    pub(crate) job: Box<Job>,
    pub(crate) result: Result<Good, Box<Bad>>,
    pub(crate) first_token: Option<Duration>,
}

pub(crate) enum Good {
    /// The complete answer, which the cache may be going to share.
    Whole(Arc<ChatResponse>),
    /// A stream whose first content has come.
    Head(Box<Head>),
    /// The vectors.
    Vectors(Box<EmbeddingResponse>),
}

/// The beginning of a stream, and the rest of it.
pub(crate) struct Head {
    pub(crate) chunks: Vec<Piece>,
    pub(crate) rest: Reading,
    /// Everything so far.
    pub(crate) so_far: Assembler,
}

pub(crate) struct Bad {
    pub(crate) error: ProviderError,
    /// A timer fired that the deadline had shortened: it says nothing of the target.
    pub(crate) neutral: bool,
    /// What had come before.
    pub(crate) so_far: Assembler,
}

impl Job {
    /// Makes the attempt.
    ///
    /// # Cancel safety
    /// Dropping it cancels the call upstream; the guards say what that means.
    pub(crate) async fn run(mut self: Box<Self>) -> Ended {
        let mut first_token = None;
        let result = match (self.request.clone(), self.mode) {
            (Asked::Vectors(request), _) => self.vectors(&request).await,
            (Asked::Chat(request), Mode::Plain) => self.plain(&request).await,
            // Boxed, or plain attempts would be as large as streamed ones.
            (Asked::Chat(request), Mode::Assembled | Mode::Streamed) => {
                Box::pin(self.streamed(&request, &mut first_token)).await
            }
        };
        Ended { job: self, result, first_token }
    }

    async fn vectors(&mut self, request: &EmbeddingRequest) -> Result<Good, Box<Bad>> {
        let (left, timer) = self.timers.first_wait(false, self.clock.now());
        let provider = &self.target.provider.provider;
        let response = match timeout(left, provider.embed(&self.call, request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(Bad::early(error)),
            Err(_) => return Err(self.fired(timer, Assembler::new())),
        };
        whole::check_vectors(&response, request).map_err(Bad::early)?;
        self.guards.answered(self.clock.now());
        Ok(Good::Vectors(Box::new(response)))
    }

    async fn plain(&mut self, request: &ChatRequest) -> Result<Good, Box<Bad>> {
        let (left, timer) = self.timers.first_wait(false, self.clock.now());
        let provider = &self.target.provider.provider;
        let answer = timeout(left, provider.chat(&self.call, request)).await;
        let response = match answer {
            Ok(Ok(response)) => Arc::new(response),
            Ok(Err(error)) => return Err(Bad::early(error)),
            Err(_) => return Err(self.fired(timer, Assembler::new())),
        };
        if let Err(error) = whole::check(&response, request.choices()) {
            // It was made, and is billed.
            let so_far = Assembler::of(Arc::unwrap_or_clone(response));
            return Err(Box::new(Bad { error, neutral: false, so_far }));
        }
        self.guards.answered(self.clock.now());
        Ok(Good::Whole(response))
    }

    async fn streamed(
        &mut self,
        request: &ChatRequest,
        first_token: &mut Option<Duration>,
    ) -> Result<Good, Box<Bad>> {
        let (left, timer) = self.timers.first_wait(true, self.clock.now());
        let provider = Arc::clone(&self.target.provider.provider);
        let mut stream = match timeout(left, provider.chat_stream(&self.call, request)).await {
            Ok(Ok(stream)) => Reading::new(stream),
            Ok(Err(error)) => return Err(Bad::early(error)),
            Err(_) => return Err(self.fired(timer, Assembler::new())),
        };
        let mut chunks = Vec::new();
        let mut so_far = Assembler::new();
        loop {
            let wait = |now| match first_token {
                None => self.timers.first_wait(true, now),
                Some(_) => self.timers.next_wait(now),
            };
            let have = (&so_far, request.choices());
            match poll_fn(|cx| stream.poll_piece(cx, &*self.clock, have, wait)).await {
                Ok(Some(chunk)) if chunks.len() >= MOST_BEFORE_CONTENT => {
                    drop(chunk);
                    let error = ProviderError::new(ErrorKind::Garbled);
                    return Err(Bad::early(error.with_message("the stream begins without end")));
                }
                Ok(Some(piece)) => {
                    so_far.push_piece(&piece);
                    if self.goes_too_far(&piece, &so_far) {
                        let error = Overrun::error();
                        return Err(Box::new(Bad { error, neutral: false, so_far }));
                    }
                    if first_token.is_none() && piece.has_content() {
                        let now = self.clock.now();
                        *first_token = Some(now.since(self.began));
                        self.guards.answered(now);
                        if let Some(heard) = &self.heard {
                            heard.store(true, Ordering::Relaxed);
                        }
                    }
                    // A plain answer is in `so_far` already.
                    if self.mode == Mode::Streamed {
                        chunks.push(piece);
                    }
                    if first_token.is_some() && self.mode == Mode::Streamed {
                        self.timers.commit();
                        return Ok(Good::Head(Box::new(Head { chunks, rest: stream, so_far })));
                    }
                }
                Err(Trouble::Fired(timer)) => return Err(self.fired(timer, so_far)),
                Err(Trouble::Provider(error)) => {
                    return Err(Box::new(Bad { error, neutral: false, so_far }));
                }
                Ok(None) => {
                    self.guards.answered(self.clock.now());
                    if self.mode == Mode::Streamed {
                        // Nothing in it was known as content, so it is passed on as it came.
                        let rest = Reading::new(ChunkStream::of([]));
                        return Ok(Good::Head(Box::new(Head { chunks, rest, so_far })));
                    }
                    return Ok(Good::Whole(Arc::new(so_far.finish())));
                }
            }
        }
    }

    /// Whether a stream that has come so far with this piece has gone far past what was reserved for it.
    pub(crate) fn goes_too_far(&mut self, piece: &Piece, so_far: &Assembler) -> bool {
        let Self { overrun: Some(overrun), target, .. } = self else { return false };
        overrun.reads(piece, || words_of(target.counter(), so_far.so_far()))
    }

    fn fired(&self, timer: Timer, so_far: Assembler) -> Box<Bad> {
        Bad::fired(&self.timers, timer, self.clock.now(), so_far)
    }
}

/// Chunks that may come before the first content. Vendors send a role and a few keep-alives.
const MOST_BEFORE_CONTENT: usize = 4_096;

impl Bad {
    /// This timer fired, of these, after so much had come.
    pub(crate) fn fired(timers: &Timers, timer: Timer, now: Tick, so_far: Assembler) -> Box<Self> {
        let shortened = timer == Timer::Attempt && timers.shortened;
        let kind = match timer {
            Timer::Attempt if shortened && now >= timers.deadline => ErrorKind::DeadlineExceeded,
            Timer::FirstToken => ErrorKind::FirstTokenTimeout,
            Timer::Attempt => ErrorKind::AttemptTimeout,
            Timer::Idle => ErrorKind::Stalled,
        };
        Box::new(Self { error: ProviderError::new(kind), neutral: shortened, so_far })
    }

    fn early(error: ProviderError) -> Box<Self> {
        Box::new(Self { error, neutral: false, so_far: Assembler::new() })
    }
}
