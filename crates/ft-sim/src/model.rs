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
        let paced = |reply: Reply| {
            let chunks = self.chunks(tokens);
            reply
                .latency(whole_millis(stretch(draw.latency, slow)))
                .first_token(whole_millis(stretch(draw.first_token, slow)))
                .per_chunk(whole_millis(spread(stretch(draw.per_token, slow), tokens, chunks)))
        };
        match self.fault(&draw, tokens) {
            Met::Nothing => paced(self.answer(seen, tokens, wanted)),
            Met::Fault(fault) => paced(self.answer(seen, tokens, wanted).fault(fault)),
            Met::Reply(reply) => paced(*reply),
        }
    }

    fn answer(&self, seen: &Seen<'_>, tokens: u64, wanted: u64) -> Reply {
        let text = words(seen.text_hash(), tokens);
        let mut reply = match self.chunks(tokens) {
            chunks if chunks < tokens => Reply::pieces(text, piece_ends(tokens, chunks)),
            _ => Reply::text(text),
        };
        reply.brief = self.profile.chunk_tokens > 1;
        if tokens < wanted { reply.finish(FinishReason::Length) } else { reply }
    }

    /// How many chunks of content an answer has.
    fn chunks(&self, tokens: u64) -> u64 {
        match tokens {
            0 => 0,
            _ => 1 + (tokens - 1).div_ceil(self.profile.chunk_tokens),
        }
    }

    fn fault(&self, draw: &Draw, tokens: u64) -> Met {
        let mut sum = 0.0;
        let hit = self.profile.faults.shares().into_iter().position(|(_, share)| {
            sum += share;
            draw.fault < sum
        });
        let Some(hit) = hit else { return Met::Nothing };
        let chunks = self.chunks(tokens);
        let chunk = |draw: &Draw| usize::try_from(draw.place % chunks.max(1)).unwrap_or(0);
        // The order is that of `Faults::shares`.
        match hit {
            0 => Met::Reply(Box::new(Reply::status(500))),
            1 => Met::Reply(Box::new(Reply::down())),
            2 => Met::Reply(Box::new(Reply::throttled(Duration::from_secs(1)))),
            3 => Met::Fault(Fault::Refuse),
            4 => Met::Fault(Fault::Reset),
            5 => Met::Fault(Fault::Hang),
            6 => Met::Fault(Fault::CutAfter(chunk(draw))),
            7 => Met::Fault(Fault::StallAfter(chunk(draw))),
            8 => Met::Fault(Fault::MalformedAt(chunk(draw) + 1)),
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
    Reply(Box<Reply>),
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

/// The wait before each further chunk, so that all of them take as long as their tokens one by one.
fn spread(per_token: Duration, tokens: u64, chunks: u64) -> Duration {
    if chunks < 2 || chunks == tokens {
        return per_token;
    }
    let times = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    per_token.saturating_mul(times(tokens - 1)) / times(chunks - 1)
}

/// Where each chunk ends in a text of four bytes a token: one token in the first, the rest evenly.
fn piece_ends(tokens: u64, chunks: u64) -> Vec<usize> {
    let (rest, further) = (tokens.saturating_sub(1), chunks.saturating_sub(1).max(1));
    let end = |chunk: u64| usize::try_from(4 * (1 + rest * chunk / further)).unwrap_or(usize::MAX);
    (0..chunks).map(end).collect()
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
