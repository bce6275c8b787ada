//! A modelled provider: replies from a profile, the clock and drawn numbers.

use std::time::Duration;

use ft_core::chat::FinishReason;
use ft_core::{Entropy, Tick};
use serde_json::json;

use crate::answer::words;
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
        let draw = Draw::new(&self.profile, entropy);
        let mut slow = None;
        if let Some(outage) = self.profile.outages.iter().find(|outage| outage.covers(now)) {
            match &outage.how {
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
            reply
                .latency(stretch(draw.latency, slow))
                .first_token(stretch(draw.first_token, slow))
                .per_chunk(stretch(draw.per_token, slow))
        };
        match self.fault(&draw, tokens) {
            Met::Nothing => paced(self.answer(seen, tokens, wanted)),
            Met::Fault(fault) => paced(self.answer(seen, tokens, wanted).fault(fault)),
            Met::Reply(reply) => paced(*reply),
        }
    }

    fn answer(&self, seen: &Seen<'_>, tokens: u64, wanted: u64) -> Reply {
        let reply = Reply::text(words(seen.text_hash(), tokens));
        if tokens < wanted { reply.finish(FinishReason::Length) } else { reply }
    }

    fn fault(&self, draw: &Draw, tokens: u64) -> Met {
        let mut sum = 0.0;
        let hit = self.profile.faults.shares().into_iter().position(|(_, share)| {
            sum += share;
            draw.fault < sum
        });
        let Some(hit) = hit else { return Met::Nothing };
        let chunk = |draw: &Draw| usize::try_from(draw.place % tokens.max(1)).unwrap_or(0);
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
    fn new(profile: &Profile, entropy: &mut Entropy) -> Self {
        // Each distribution has a generator of its own: a fixed latency draws nothing, a log-normal one does.
        let (fewest, most) = profile.answer_tokens;
        Self {
            latency: profile.latency.draw(&mut entropy.split()),
            first_token: profile.first_token.draw(&mut entropy.split()),
            per_token: profile.per_token.draw(&mut entropy.split()),
            fault: entropy.unit(),
            place: entropy.next_u64(),
            tokens: fewest + entropy.below(most - fewest + 1),
        }
    }
}

fn stretch(wait: Duration, factor: Option<f64>) -> Duration {
    let Some(factor) = factor else { return wait };
    Duration::try_from_secs_f64(wait.as_secs_f64() * factor).unwrap_or(Duration::MAX)
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
