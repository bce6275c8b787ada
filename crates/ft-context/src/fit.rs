//! Making a request fit into a window.

use std::borrow::Cow;

use ft_core::ChatRequest;

use crate::counter::bound_within;
use crate::turns::{Cutter, Turns};
use crate::{Counter, FitReport, Fitted, Strategy, TokenCount, TooLong, Window};

/// The shortest answer that is worth asking for, in tokens: below it the answer's limit is not lowered.
pub const MIN_OUTPUT: u64 = 256;

/// Makes a request fit into a window, with room for its answer.
///
/// What plainly fits is settled by lengths alone, borrowed and not copied. Otherwise each message is counted
/// once, and these are tried in order:
///
/// 1. An output limit above the model's own is lowered to it. Nothing is lost: the model could not have said
///    more.
/// 2. Turns are left out as the strategy says.
/// 3. When nothing more may be left out, the answer's limit is lowered to the room that is left, down to
///    [`MIN_OUTPUT`] (or the reserve, if that is less); one is set where the caller set none.
///
/// Turns go before the answer's length because choosing the strategy is the caller's consent to lose old
/// turns, while a limit is what the caller asked for: an answer cut by a lower one is a failed answer, half a
/// JSON document. As the last resort it beats no answer, and its `length` ending shows it.
/// [`Strategy::Refuse`] does only the first.
///
/// Time is linear in the request, whatever it holds, given a linear counter.
///
/// # Errors
///
/// [`TooLong`] when what may not be left out has more tokens than the window has, the smallest reserve for the
/// answer taken off.
///
/// # Examples
///
/// ```
/// use ft_context::{Strategy, Window, counter_for, fit};
/// use ft_core::{ChatRequest, Message};
///
/// let long = "What was said long ago. ".repeat(400);
/// let request = ChatRequest::new([
///     Message::system("Be brief."),
///     Message::user(long.clone()),
///     Message::assistant(long),
///     Message::user("And now?"),
/// ]);
/// let counter = counter_for("deepseek-chat");
///
/// let window = Window::for_request(&request, 64_000, Some(8_192));
/// assert!(fit(&request, &window, counter, &Strategy::default())?.report.is_none());
///
/// let window = Window::for_request(&request, 2_000, None);
/// let fitted = fit(&request, &window, counter, &Strategy::default())?;
/// assert_eq!(fitted.request.messages.len(), 2);
/// assert_eq!(fitted.report.unwrap().dropped_turns, 1);
/// # Ok::<(), ft_context::TooLong>(())
/// ```
pub fn fit<'a>(
    request: &'a ChatRequest,
    window: &Window,
    counter: &dyn Counter,
    strategy: &Strategy,
) -> Result<Fitted<'a>, TooLong> {
    if let Some(bound) = bound_within(request, counter.overhead(), window.limit()) {
        let changes = Changes { max_output: own_limit(request, window), ..Changes::default() };
        // The bound stands for the count: to count only for the report would cost more than fitting.
        return Ok(changes.apply(request, TokenCount::estimated(bound, bound)));
    }
    let measured = Measured::of(request, counter);
    let whole = measured.whole();
    if whole.tokens <= window.limit() {
        let changes = Changes { max_output: own_limit(request, window), ..Changes::default() };
        return Ok(changes.apply(request, whole));
    }
    if matches!(strategy, Strategy::Refuse) {
        return Err(TooLong { needed: whole.tokens, limit: window.limit() });
    }
    let kept = measured.keep(*strategy, window.limit());
    let mut changes = measured.leave_out(&kept);
    changes.max_output = if kept.count.tokens <= window.limit() {
        own_limit(request, window)
    } else {
        lowered_limit(request, window, kept.count.tokens)?
    };
    Ok(changes.apply(request, kept.count))
}

/// Makes a request that a provider refused as too long strictly smaller than what was sent.
///
/// The refusal outweighs the counter, which may have believed that the request fits: the new request has at
/// most three quarters of the sent one's tokens where the turns allow it, which absorbs an encoding a third
/// less dense than believed; in any case it has fewer, or as many with a lower limit for its answer (half, or
/// the room that is left if that is less). `window` should carry the limit that the refusal named, if it
/// named one, as its `learned_limit`.
///
/// # Errors
///
/// [`TooLong`] when nothing more may be left out, when what must stay exceeds the window even by the counter,
/// and always with [`Strategy::Refuse`].
pub fn refit<'a>(
    sent: &'a ChatRequest,
    window: &Window,
    counter: &dyn Counter,
    strategy: &Strategy,
) -> Result<Fitted<'a>, TooLong> {
    let measured = Measured::of(sent, counter);
    let whole = measured.whole().tokens;
    let target = window.limit().min(whole / 4 * 3 + whole % 4 * 3 / 4);
    let too_long = TooLong { needed: whole, limit: target };
    if matches!(strategy, Strategy::Refuse) {
        return Err(too_long);
    }
    let kept = measured.keep(*strategy, target);
    let mut changes = measured.leave_out(&kept);
    changes.max_output = if kept.count.tokens <= window.limit() {
        own_limit(sent, window)
    } else {
        lowered_limit(sent, window, kept.count.tokens)?
    };
    if changes.kept.is_none() {
        let halved = sent.output_limit().map(|asked| asked / 2).filter(|&half| half >= MIN_OUTPUT);
        let halved = halved.ok_or(too_long)?;
        changes.max_output = Some(changes.max_output.map_or(halved, |room| room.min(halved)));
    }
    Ok(changes.apply(sent, kept.count))
}

/// The model's own output limit, when the request asks for more.
fn own_limit(request: &ChatRequest, window: &Window) -> Option<u64> {
    let most = window.max_output?;
    request.output_limit().is_some_and(|asked| asked > most).then_some(most)
}

/// The output limit for a request that leaves less than the reserve; `None` when it asks for no more.
fn lowered_limit(
    request: &ChatRequest,
    window: &Window,
    tokens: u64,
) -> Result<Option<u64>, TooLong> {
    let limit = window.context().saturating_sub(window.reserve().min(MIN_OUTPUT));
    if tokens > limit {
        return Err(TooLong { needed: tokens, limit });
    }
    let room = window.context() - tokens;
    let room = window.max_output.map_or(room, |most| most.min(room));
    Ok(request.output_limit().is_none_or(|asked| asked > room).then_some(room))
}

/// A request with the tokens of each of its parts.
struct Measured {
    turns: Turns,
    beside: TokenCount,
    messages: Vec<Counted>,
}

/// What is kept of a message, so that it is looked at once: a long conversation is larger than any cache of the
/// processor.
struct Counted {
    count: TokenCount,
    is_instruction: bool,
}

/// Which turns stay.
struct Kept {
    turns: Vec<bool>,
    count: TokenCount,
}

impl Measured {
    fn of(request: &ChatRequest, counter: &dyn Counter) -> Self {
        let mut cutter = Cutter::new();
        let messages = request.messages.iter().map(|message| {
            cutter.push(message);
            Counted {
                count: counter.count_message(message),
                is_instruction: message.role.is_instruction(),
            }
        });
        let messages = messages.collect();
        Self { turns: cutter.finish(), beside: counter.count_beside_messages(request), messages }
    }

    fn whole(&self) -> TokenCount {
        self.beside + self.messages.iter().map(|message| message.count).sum()
    }

    /// Keeps what must stay, and then turns from the last one backwards as long as they fit: the turns that
    /// stay are the end of the conversation without a gap, but for the first one where the strategy pins it.
    fn keep(&self, strategy: Strategy, limit: u64) -> Kept {
        let mut turns = vec![false; self.turns.len()];
        let last = turns.len() - 1;
        let pinned = match strategy {
            Strategy::DropOldest | Strategy::Refuse => None,
            Strategy::DropMiddle => self.turns.first_user().filter(|&first| first != last),
        };
        let mut count = self.beside + self.instructions();
        for must in pinned.into_iter().chain([last]) {
            turns[must] = true;
            count = count + self.turn(must);
        }
        for turn in (0..last).rev().filter(|&turn| Some(turn) != pinned) {
            let longer = count + self.turn(turn);
            if longer.tokens > limit {
                break;
            }
            turns[turn] = true;
            count = longer;
        }
        Kept { turns, count }
    }

    fn instructions(&self) -> TokenCount {
        self.messages.iter().filter(|each| each.is_instruction).map(|each| each.count).sum()
    }

    /// The tokens of a turn's own messages, its instructions not among them.
    fn turn(&self, turn: usize) -> TokenCount {
        self.own_messages(turn).map(|at| self.messages[at].count).sum()
    }

    fn own_messages(&self, turn: usize) -> impl Iterator<Item = usize> {
        self.turns.messages(turn).filter(|&at| !self.messages[at].is_instruction)
    }

    fn leave_out(&self, kept: &Kept) -> Changes {
        let mut changes = Changes::default();
        let mut stays = vec![true; self.messages.len()];
        for turn in (0..kept.turns.len()).filter(|&turn| !kept.turns[turn]) {
            let before = changes.dropped_messages;
            for at in self.own_messages(turn) {
                stays[at] = false;
                changes.dropped_messages += 1;
                changes.dropped_tokens =
                    changes.dropped_tokens.saturating_add(self.messages[at].count.tokens);
            }
            // A turn of instructions alone loses nothing.
            changes.dropped_turns += u64::from(changes.dropped_messages > before);
        }
        changes.kept = (changes.dropped_messages > 0).then_some(stays);
        changes
    }
}

/// What is to be changed in a request.
#[derive(Default)]
struct Changes {
    /// Which messages stay, when some do not.
    kept: Option<Vec<bool>>,
    dropped_messages: u64,
    dropped_turns: u64,
    dropped_tokens: u64,
    max_output: Option<u64>,
}

impl Changes {
    fn apply(self, request: &ChatRequest, tokens: TokenCount) -> Fitted<'_> {
        if self.kept.is_none() && self.max_output.is_none() {
            return Fitted { request: Cow::Borrowed(request), report: None };
        }
        let report = FitReport {
            dropped_messages: self.dropped_messages,
            dropped_turns: self.dropped_turns,
            dropped_tokens: self.dropped_tokens,
            tokens,
            max_output: self.max_output,
        };
        let mut fitted = match self.kept {
            Some(kept) => with_messages(request, &kept),
            None => request.clone(),
        };
        if let Some(tokens) = self.max_output {
            fitted.set_output_limit(tokens);
        }
        Fitted { request: Cow::Owned(fitted), report: Some(report) }
    }
}

/// A copy with only these messages. Field by field, so that what is left out is not copied first.
fn with_messages(request: &ChatRequest, kept: &[bool]) -> ChatRequest {
    let messages = request.messages.iter().zip(kept);
    ChatRequest {
        messages: messages.filter(|(_, kept)| **kept).map(|(each, _)| each.clone()).collect(),
        model: request.model.clone(),
        max_tokens: request.max_tokens,
        max_completion_tokens: request.max_completion_tokens,
        temperature: request.temperature,
        top_p: request.top_p,
        n: request.n,
        stop: request.stop.clone(),
        stream: request.stream,
        stream_options: request.stream_options.clone(),
        seed: request.seed,
        tools: request.tools.clone(),
        tool_choice: request.tool_choice.clone(),
        response_format: request.response_format.clone(),
        store: request.store,
        user: request.user.clone(),
        metadata: request.metadata.clone(),
        extra: request.extra.clone(),
        shape: request.shape,
    }
}
