//! A modelled provider: replies from a profile, the clock and drawn numbers.

use std::time::Duration;

use ft_core::chat::FinishReason;
use ft_core::{Entropy, Tick};
use serde_json::json;

use crate::answer::{hash, words};
use crate::outage::How;
use crate::rate::{Bucket, Room};
use crate::{Fault, InvalidProfile, Profile, Rate, Reply, Seen};

/// A modelled provider. Its only state is what its rate limits have counted.
///
/// An attempt meets, in this order: a hard outage; the context window; the rate limits; a fault; the answer.
/// Answers are made up from the request's text: the same question gets the same words, as far as they go.
#[derive(Clone, Debug)]
pub struct Model {
    profile: Profile,
    /// Per credential, in the order of their first attempts.
    meters: Vec<(String, Meter)>,
}

#[derive(Clone, Debug)]
struct Meter {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
}

impl Model {
    /// A provider with these figures.
    ///
    /// # Errors
    /// Names the field and the rule it breaks: shares outside 0 to 1 or adding up to more than 1, rates of zero,
    /// waits above 24 h, outages that end before they begin, an answer that is longer at least than at most.
    pub fn new(profile: Profile) -> Result<Self, InvalidProfile> {
        profile.check()?;
        Ok(Self { profile, meters: Vec::new() })
    }

    /// What this attempt meets, arriving now.
    ///
    /// The draws come in a fixed order and number, so that a change of one figure does not shift the others'.
    #[must_use]
    pub fn next(&mut self, seen: &Seen<'_>, now: Tick, entropy: &mut Entropy) -> Reply {
        let draw = Draw::new(&self.profile, seen, entropy);
        let mut slow = None;
        let mut outages = self.profile.outages.iter_mut();
        if let Some(outage) = outages.find_map(|outage| outage.covers(now).then_some(&outage.how)) {
            match outage {
                How::Hard(reply) => return (**reply).clone(),
                How::Slow(factor) => slow = Some(*factor),
            }
        }
        let prompt = seen.prompt_tokens();
        if let Some(window) = self.profile.context_window
            && prompt > window
        {
            return too_long(window, prompt).latency(draw.latency);
        }
        let wanted = draw.tokens;
        let tokens = seen.output_limit().map_or(wanted, |limit| wanted.min(limit));
        if let Err(refusal) = self.admit(seen.credential, prompt + tokens, now) {
            return *refusal;
        }
        let latency = whole_millis(stretch(draw.latency, slow));
        let first_token = whole_millis(stretch(draw.first_token, slow));
        let per_token = stretch(draw.per_token, slow);
        let (before, fault) = match self.fault(&draw, tokens) {
            Met::Reply(reply) => return reply.latency(latency).first_token(first_token),
            Met::Nothing => (tokens, None),
            Met::Fault(fault) => (tokens, Some(fault)),
            Met::Broken(how, token) if seen.stream => {
                (token, Some(how.after(self.chunks(token, per_token).number)))
            }
            // Of a plain answer half of the body comes, wherever it breaks.
            Met::Broken(how, _) => (tokens, Some(how.after(0))),
        };
        let chunks = self.chunks(before, per_token);
        let mut reply = self
            .answer(seen, tokens, wanted)
            .latency(latency)
            .first_token(first_token)
            .per_chunk(whole_millis(chunks.pace(per_token)));
        if self.profile.chunk_tokens > 1 {
            reply = reply.in_chunks(chunks.ends(tokens));
        }
        match fault {
            Some(fault) => reply.fault(fault),
            None => reply,
        }
    }

    fn answer(&self, seen: &Seen<'_>, tokens: u64, wanted: u64) -> Reply {
        let mut reply = Reply::text(words(seen.text_hash(), tokens));
        reply.brief = self.profile.chunk_tokens > 1;
        if tokens < wanted { reply.finish(FinishReason::Length) } else { reply }
    }

    /// How the first so many tokens of an answer come in chunks.
    fn chunks(&self, tokens: u64, per_token: Duration) -> Chunks {
        // Whole tokens that come within the longest silence between two chunks.
        let spoken = LONGEST_SILENCE.as_nanos() / per_token.as_nanos().max(1);
        let each = u64::try_from(spoken).unwrap_or(u64::MAX).clamp(1, self.profile.chunk_tokens);
        let number = match tokens {
            0 => 0,
            _ => 1 + (tokens - 1).div_ceil(each),
        };
        Chunks { tokens, number }
    }

    fn fault(&self, draw: &Draw, tokens: u64) -> Met {
        let mut sum = 0.0;
        let hit = self.profile.faults.shares().into_iter().position(|(_, share)| {
            sum += share;
            draw.fault < sum
        });
        let Some(hit) = hit else { return Met::Nothing };
        // Evenly over the tokens: so many of them come before it.
        let token = draw.place % tokens.max(1);
        // The order is that of `Faults::shares`.
        match hit {
            0 => Met::Reply(Box::new(Reply::status(500))),
            1 => Met::Reply(Box::new(Reply::down())),
            2 => Met::Reply(Box::new(Reply::throttled(Duration::from_secs(1)))),
            3 => Met::Fault(Fault::Refuse),
            4 => Met::Fault(Fault::Reset),
            5 => Met::Fault(Fault::Hang),
            6 => Met::Broken(Break::Cut, token),
            7 => Met::Broken(Break::Stall, token),
            8 => Met::Broken(Break::Malformed, token),
            _ => {
                let words = "The server had an error while processing your request.";
                Met::Fault(Fault::ErrorAfter(
                    0,
                    json!({"error": {"message": words, "type": "server_error", "code": "server_error"}}),
                ))
            }
        }
    }

    fn admit(&mut self, credential: &str, tokens: u64, now: Tick) -> Result<(), Box<Reply>> {
        let (requests, limit) = (self.profile.requests, self.profile.tokens);
        if requests.is_none() && limit.is_none() {
            return Ok(());
        }
        let known = self.meters.iter().position(|(name, _)| name == credential);
        let at = known.unwrap_or_else(|| {
            let meter =
                Meter { requests: requests.map(Bucket::full), tokens: limit.map(Bucket::full) };
            self.meters.push((credential.to_owned(), meter));
            self.meters.len() - 1
        });
        let meter = &mut self.meters[at].1;
        // Both are asked before either is charged, so that a refusal costs nothing.
        for (bucket, rate, wanted, what) in [
            (&mut meter.requests, requests, 1, "requests"),
            (&mut meter.tokens, limit, tokens, "tokens"),
        ] {
            let (Some(bucket), Some(rate)) = (bucket, rate) else { continue };
            match bucket.room(wanted, now) {
                Room::Now => {}
                Room::In(wait) => {
                    return Err(throttled(what, rate, wanted, bucket.left(), Some(wait)));
                }
                Room::Never => return Err(throttled(what, rate, wanted, bucket.left(), None)),
            }
        }
        for (bucket, amount) in [(&mut meter.requests, 1), (&mut meter.tokens, tokens)] {
            if let Some(bucket) = bucket {
                bucket.take(amount);
            }
        }
        Ok(())
    }
}

enum Met {
    Nothing,
    Fault(Fault),
    /// In the middle, after so many tokens.
    Broken(Break, u64),
    Reply(Box<Reply>),
}

/// How an answer breaks off in its middle.
#[derive(Clone, Copy)]
enum Break {
    Cut,
    Stall,
    Malformed,
}

impl Break {
    /// The fault after so many chunks.
    fn after(self, chunks: u64) -> Fault {
        let chunks = usize::try_from(chunks).unwrap_or(usize::MAX);
        match self {
            Self::Cut => Fault::CutAfter(chunks),
            Self::Stall => Fault::StallAfter(chunks),
            Self::Malformed => Fault::MalformedAt(chunks.saturating_add(1)),
        }
    }
}

/// The numbers drawn for one attempt.
struct Draw {
    latency: Duration,
    first_token: Duration,
    per_token: Duration,
    fault: f64,
    place: u64,
    tokens: u64,
}

impl Draw {
    fn new(profile: &Profile, seen: &Seen<'_>, entropy: &mut Entropy) -> Self {
        // Each distribution has a generator of its own: a fixed latency draws nothing, a log-normal one does.
        let mut draw = Self {
            latency: profile.latency.draw(&mut entropy.split()),
            first_token: profile.first_token.draw(&mut entropy.split()),
            per_token: profile.per_token.draw(&mut entropy.split()),
            fault: entropy.unit(),
            place: entropy.next_u64(),
            tokens: 0,
        };
        // What a question needs as an answer does not depend on who is asked, nor how often.
        let mut length = seen.common.map_or_else(|| entropy.split(), Entropy::seeded);
        draw.tokens = profile.answer_tokens.draw(&mut length);
        if let Some(common) = seen.common
            && profile.correlation > 0.0
        {
            let mut provider = Entropy::seeded(hash(common, seen.provider.as_bytes())).split();
            if provider.chance(profile.correlation) {
                draw.fault = provider.unit();
                draw.place = provider.next_u64();
            }
        }
        draw
    }
}

fn stretch(wait: Duration, factor: Option<f64>) -> Duration {
    let Some(factor) = factor else { return wait };
    Duration::try_from_secs_f64(wait.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

/// Tokio's timers know whole milliseconds and round up, which would add half of one to every wait on average.
fn whole_millis(wait: Duration) -> Duration {
    const MILLI: u128 = 1_000_000;
    let nanos = wait.as_nanos();
    if nanos < MILLI {
        return wait;
    }
    Duration::from_millis(u64::try_from((nanos + MILLI / 2) / MILLI).unwrap_or(u64::MAX))
}

/// As long as tokens flow, chunks come at least this often: a reader's idle timer must not take their size for silence.
const LONGEST_SILENCE: Duration = Duration::from_millis(500);

/// The first tokens of an answer, in chunks: one token in the first, the rest evenly over the others.
#[derive(Clone, Copy, Default)]
struct Chunks {
    tokens: u64,
    number: u64,
}

impl Chunks {
    /// Where each chunk ends in a text of four bytes a token. What is left of an answer of `all` is one more chunk.
    fn ends(self, all: u64) -> Vec<usize> {
        let (rest, further) = (self.tokens.saturating_sub(1), self.number.saturating_sub(1).max(1));
        let bytes = |tokens: u64| usize::try_from(4 * tokens).unwrap_or(usize::MAX);
        let chunks = (0..self.number).map(|chunk| bytes(1 + rest * chunk / further));
        chunks.chain((self.tokens < all).then(|| bytes(all))).collect()
    }

    /// The wait before each further chunk, so that all of them take as long as their tokens one by one.
    fn pace(self, per_token: Duration) -> Duration {
        if self.number < 2 || self.number == self.tokens {
            return per_token;
        }
        let times = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        per_token.saturating_mul(times(self.tokens - 1)) / times(self.number - 1)
    }
}

/// OpenAI's words for it, since readers look for the number in them.
fn too_long(window: u64, tokens: u64) -> Reply {
    let message = format!(
        "This model's maximum context length is {window} tokens. However, your messages resulted in {tokens} \
         tokens. Please reduce the length of the messages."
    );
    let error = json!({
        "message": message, "type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded",
    });
    Reply::status(400).body(json!({ "error": error }))
}

fn throttled(what: &str, rate: Rate, wanted: u64, left: u64, wait: Option<Duration>) -> Box<Reply> {
    let message = match wait {
        Some(wait) => format!(
            "Rate limit reached on {what}: limit {} per {:?}, requested {wanted}. Please try again in {wait:?}.",
            rate.amount, rate.per
        ),
        None => format!(
            "Request too large: limit {} {what} per {:?}, requested {wanted}.",
            rate.amount, rate.per
        ),
    };
    let error =
        json!({"message": message, "type": what, "param": null, "code": "rate_limit_exceeded"});
    let reply = Reply::status(429)
        .body(json!({ "error": error }))
        .header(format!("x-ratelimit-limit-{what}"), rate.amount.to_string())
        .header(format!("x-ratelimit-remaining-{what}"), left.to_string());
    Box::new(match wait {
        Some(wait) => reply.retry_after(wait),
        None => reply,
    })
}
