//! The machine that reads a streamed answer: bytes in, chunks out, and one end.

use std::collections::VecDeque;
use std::fmt;

use ft_core::chat::json::{self, Mender};
use ft_core::chat::{Assembler, ChatChunk, ChatResponse, Piece, replay};
use ft_core::{ErrorKind, UnixMillis};
use http::HeaderMap;
use memchr::memmem;

use super::alike::{Alike, copied, null_usage};
use super::chunk::{self, Parsed};
use super::whole::read_whole;
use crate::classify::{Classifier, Verdict};
use crate::sse::{Event, Parser, TooLarge};

/// What to do about an event that is no chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum MalformedEvent {
    /// It may have carried text: the stream is cut, [`ErrorKind::Garbled`]. The default.
    #[default]
    Cut,
    /// Go on, for those who know that their provider mixes other things in.
    Skip,
}

/// Reads a streamed answer from bytes that come in any pieces. Has no I/O and no clock.
///
/// The outcome, in order: an error object anywhere is that error, even if `[DONE]` follows; `[DONE]` is the end,
/// and nothing after it is read; without it the answer is complete when every choice that began has a
/// `finish_reason`, and as many began as were asked for; otherwise it was cut, [`ErrorKind::Interrupted`]. A finish
/// reason that says failure is an error like any other. A stream that ends without ever having a choice is [`ErrorKind::Garbled`]. What stands after an error is read only for usage, and only as
/// far as it is there already: nobody waits for it.
///
/// ```
/// use ft_holysheep::{ChunkReader, Classifier};
///
/// let mut reader = ChunkReader::new(Classifier::builtin());
/// reader.push(b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n");
/// assert_eq!(reader.next_item().unwrap().unwrap().text(), "Hi");
/// reader.end();
/// let cut = reader.next_item().unwrap().unwrap_err();
/// assert_eq!(cut.kind, ft_core::ErrorKind::Interrupted);
/// assert!(reader.next_item().is_none());
/// ```
pub struct ChunkReader {
    parser: Parser,
    state: State,
    form: Form,
    most: usize,
    rules: Rules,
}

/// What the bytes turn out to be.
enum Form {
    /// Only white space so far, which is kept.
    Unknown(Vec<u8>),
    Events,
    /// One JSON text or a page, to be read when it is complete.
    Whole(Vec<u8>),
}

struct Rules {
    classifier: Classifier,
    malformed: MalformedEvent,
    hides_usage: bool,
    /// How many answers were asked for.
    wanted: usize,
}

struct State {
    items: VecDeque<Result<Piece, Verdict>>,
    /// Each choice that began, and whether it has ended.
    choices: Vec<(u32, bool)>,
    alike: Alike,
    mender: Mender,
    /// An error was seen; what follows is read for usage only.
    failed: Option<Verdict>,
    /// The bytes ended inside an event that may have had more of the answer.
    torn: bool,
    over: bool,
}

/// White space before the first byte that means something: DeepSeek keeps connections alive with it.
const LONGEST_HEAD: usize = 4096;
/// The event cap's default, as large as a whole answer's: a picture in an event is megabytes of base64.
const EVENT: usize = 64 << 20;

impl ChunkReader {
    /// A reader with an event cap of 64 MiB that takes a malformed event for a cut.
    #[must_use]
    pub fn new(classifier: Classifier) -> Self {
        Self {
            parser: Parser::new(EVENT),
            state: State::new(),
            form: Form::Unknown(Vec::new()),
            most: EVENT,
            rules: Rules {
                classifier,
                malformed: MalformedEvent::Cut,
                hides_usage: false,
                wanted: 1,
            },
        }
    }

    /// Sets the most bytes of one event, and of an answer that is no event stream.
    #[must_use]
    pub fn with_max_event(mut self, bytes: usize) -> Self {
        self.parser = Parser::new(bytes);
        self.most = bytes;
        self
    }

    /// Sets what to do about an event that is no chunk.
    #[must_use]
    pub fn with_malformed_event(mut self, policy: MalformedEvent) -> Self {
        self.rules.malformed = policy;
        self
    }

    /// Sets whether usage was asked for on nobody's behalf: the nulls that come of it are then left out of the chunks.
    #[must_use]
    pub fn with_usage_hidden(mut self, hidden: bool) -> Self {
        self.rules.hides_usage = hidden;
        self
    }

    /// Sets how many answers were asked for, so that one that never began is missed. Default 1.
    #[must_use]
    pub fn with_choices(mut self, wanted: u32) -> Self {
        self.rules.wanted = usize::try_from(wanted).unwrap_or(usize::MAX).max(1);
        self
    }

    /// Reads on. Bytes after the end are ignored.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.state.over {
            return;
        }
        match &mut self.form {
            Form::Events => self.push_events(bytes),
            Form::Whole(kept) => {
                if kept.len() + bytes.len() > self.most {
                    self.state.stop(too_large(self.most));
                } else {
                    kept.extend_from_slice(bytes);
                }
            }
            Form::Unknown(kept) => {
                kept.extend_from_slice(bytes);
                let head = kept.strip_prefix(b"\xef\xbb\xbf").unwrap_or(kept).trim_ascii_start();
                let partial_mark = b"\xef\xbb\xbf".starts_with(head);
                match head.first() {
                    Some(b'{' | b'[' | b'<') => {
                        let kept = std::mem::take(kept);
                        self.form = Form::Whole(Vec::new());
                        self.push(&kept);
                    }
                    _ if partial_mark && kept.len() < LONGEST_HEAD => {}
                    _ => {
                        let kept = std::mem::take(kept);
                        self.form = Form::Events;
                        self.push_events(&kept);
                    }
                }
            }
        }
    }

    fn push_events(&mut self, bytes: &[u8]) {
        let Self { parser, state, rules, .. } = self;
        let read = parser.push(bytes, &mut |event| state.take(&event, rules));
        if read == Err(TooLarge) {
            self.state.stop(too_large(self.most));
        }
    }

    /// The bytes are at their end, and the connection said so.
    pub fn end(&mut self) {
        self.end_with(Verdict::of(ErrorKind::Interrupted));
    }

    /// The bytes are at an end for this reason, which counts unless the answer is complete already.
    pub(crate) fn end_with(&mut self, reason: Verdict) {
        if self.state.over {
            return;
        }
        match std::mem::replace(&mut self.form, Form::Events) {
            Form::Whole(body) => {
                self.state.take_whole(&body, &self.rules, reason);
                return;
            }
            Form::Unknown(_) => {}
            Form::Events => {
                let Self { parser, state, rules, .. } = self;
                let _ = parser.finish(&mut |event| state.take_last(&event, rules));
            }
        }
        self.state.end(reason, self.rules.wanted);
    }

    /// The next chunk, or the error that ends the answer; `None` when more bytes are needed or it is over.
    pub fn next_item(&mut self) -> Option<Result<ChatChunk, Verdict>> {
        Some(match self.next_piece()? {
            Ok(piece) => Ok(piece.into_chunk()),
            Err(verdict) => Err(verdict),
        })
    }

    /// As [`next_item`](Self::next_item), with the text the chunk came as.
    pub fn next_piece(&mut self) -> Option<Result<Piece, Verdict>> {
        self.state.items.pop_front()
    }

    /// True when nothing that comes changes anything.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state.over
    }

    /// True when an error was seen and only usage may follow.
    pub(crate) fn has_failed(&self) -> bool {
        self.state.failed.is_some()
    }
}

/// Without a byte of what was said.
impl fmt::Debug for ChunkReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkReader")
            .field("items", &self.state.items.len())
            .field("choices", &self.state.choices)
            .field("failed", &self.state.failed)
            .field("over", &self.state.over)
            .finish_non_exhaustive()
    }
}

impl State {
    fn new() -> Self {
        Self {
            items: VecDeque::new(),
            choices: Vec::new(),
            alike: Alike::default(),
            mender: Mender::of_events(),
            failed: None,
            torn: false,
            over: false,
        }
    }

    fn take(&mut self, event: &Event<'_>, rules: &Rules) {
        let data = event.data.trim_ascii();
        if self.over || data.is_empty() && !event.is_error {
            return;
        }
        if data.starts_with(b"[DONE]") {
            self.done();
            return;
        }
        if self.failed.is_some() {
            self.items.extend(chunk::usage_of(data).map(Piece::from).map(Ok));
            return;
        }
        let name = String::from_utf8_lossy(event.name);
        if event.is_error || rules.classifier.is_failed_end(&name) {
            self.fail(&name, data, rules);
            return;
        }
        if !event.is_bare
            && !self.mender.is_waiting()
            && let Some(piece) = self.alike.read(data)
        {
            // Its choice is there, and has not ended by it.
            self.items.push_back(Ok(piece));
            return;
        }
        let mut parsed = chunk::parse(data, &rules.classifier, rules.hides_usage);
        let mended;
        let mut data = data;
        if (self.mender.is_waiting() || matches!(parsed, Parsed::Malformed))
            && let Some(text) = self.mender.mend(data)
        {
            parsed = chunk::parse(&text, &rules.classifier, rules.hides_usage);
            mended = text;
            data = &mended;
        }
        let mut hidden = None;
        if let Parsed::Chunk(chunk, as_sent) = &mut parsed {
            if rules.hides_usage && chunk.has_null_usage() {
                chunk.forget_null_usage();
                hidden = null_usage(data);
                *as_sent &= hidden.is_some();
            }
            if *as_sent {
                self.alike.learn(data, chunk, hidden.clone());
            }
        }
        match parsed {
            Parsed::Error(rest) => {
                self.items.extend(rest.map(Piece::from).map(Ok));
                self.fail(&name, data, rules);
            }
            // No event by the standard; only an error is worth more than that.
            _ if event.is_bare => {}
            Parsed::Chunk(chunk, as_sent) => {
                let named = !event.name.is_empty() && event.name != b"message";
                if named && chunk.choices.is_empty() && chunk.usage.is_none() {
                    return;
                }
                self.add(match as_sent {
                    true => Piece::with_raw(chunk, copied(data, hidden)),
                    false => chunk.into(),
                });
            }
            Parsed::Whole(pieces) => {
                if self.choices.iter().all(|&(_, ended)| !ended) {
                    pieces.into_iter().for_each(|chunk| self.add(chunk.into()));
                }
            }
            Parsed::Malformed => match rules.malformed {
                MalformedEvent::Skip => {}
                MalformedEvent::Cut => {
                    let mut verdict = Verdict::of(ErrorKind::Garbled);
                    verdict.message = Some("an event of the stream is not a chunk".to_owned());
                    self.stop(verdict);
                }
            },
        }
    }

    fn add(&mut self, piece: Piece) {
        for choice in &piece.chunk().choices {
            let known = self.choices.len();
            let ended = choice.finish_reason.is_some();
            match self.choices.iter_mut().find(|(index, _)| *index == choice.index) {
                Some((_, has_ended)) => *has_ended |= ended,
                None if known < Assembler::MOST_CHOICES => {
                    self.choices.push((choice.index, ended));
                }
                None => {
                    let mut verdict = Verdict::of(ErrorKind::Garbled);
                    verdict.message = Some(format!(
                        "the stream has more than {} choices",
                        Assembler::MOST_CHOICES
                    ));
                    self.stop(verdict);
                    return;
                }
            }
        }
        self.items.push_back(Ok(piece));
    }

    /// An event that the bytes ended in. Half an event is no malformed one: the cut is the finding.
    fn take_last(&mut self, event: &Event<'_>, rules: &Rules) {
        let data = event.data.trim_ascii();
        let whole = serde_json::from_slice::<serde::de::IgnoredAny>(data).is_ok()
            || json::mended(data).is_some();
        if whole || event.is_error || data.starts_with(b"[DONE]") {
            self.take(event, rules);
        } else {
            // What begins like a count of tokens has nothing more of the answer.
            let counts = [&b"\"choices\":[]"[..], b"\"choices\": []"];
            let harmless = counts.iter().any(|mark| memmem::find(data, mark).is_some());
            self.torn |= !harmless && !b"[DONE]".starts_with(data);
        }
    }

    fn fail(&mut self, name: &str, data: &[u8], rules: &Rules) {
        self.failed = Some(rules.classifier.classify_event(name, data));
    }

    /// `[DONE]` was seen.
    fn done(&mut self) {
        if self.failed.is_none() && self.choices.is_empty() {
            self.failed = Some(no_choice());
        }
        self.items.extend(self.failed.take().map(Err));
        self.over = true;
    }

    /// The bytes ended.
    fn end(&mut self, reason: Verdict, wanted: usize) {
        if self.over {
            return;
        }
        let all = self.choices.len() >= wanted && self.choices.iter().all(|&(_, ended)| ended);
        let complete = all && !self.torn;
        let failure = self.failed.take().or((!complete).then_some(reason));
        self.items.extend(failure.map(Err));
        self.over = true;
    }

    /// Ends at once.
    fn stop(&mut self, verdict: Verdict) {
        if self.over {
            return;
        }
        self.items.push_back(Err(self.failed.take().unwrap_or(verdict)));
        self.over = true;
    }

    /// An answer that is no event stream: an error, or a whole answer from a server that does not stream.
    fn take_whole(&mut self, body: &[u8], rules: &Rules, reason: Verdict) {
        let body = json::without_mark(body);
        let parsed = serde_json::from_slice::<serde::de::IgnoredAny>(body);
        if parsed.is_err_and(|error| error.is_eof()) {
            self.end(reason, rules.wanted);
            return;
        }
        let headers = HeaderMap::new();
        let (response, body) = read_whole::<ChatResponse>(body);
        let verdict = rules.classifier.classify_success(200, &headers, &body, UnixMillis(0));
        match (verdict, response) {
            (Some(verdict), _) => self.stop(verdict),
            (None, Ok(response)) => {
                replay(response).into_iter().for_each(|chunk| self.add(chunk.into()));
                self.over = true;
            }
            (None, Err(_)) => self.stop(Verdict::of(ErrorKind::Garbled)),
        }
    }
}

fn too_large(most: usize) -> Verdict {
    let mut verdict = Verdict::of(ErrorKind::Garbled);
    verdict.message = Some(format!("an event of the stream is larger than {most} bytes"));
    verdict
}

fn no_choice() -> Verdict {
    let mut verdict = Verdict::of(ErrorKind::Garbled);
    verdict.message = Some("the stream ended without a choice".to_owned());
    verdict
}
