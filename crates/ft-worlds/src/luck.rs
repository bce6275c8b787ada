//! What an attempt meets: a function of the seed, the target, the request and how often that request asked there.
//!
//! So two ways of asking that are given the same requests meet the same luck, and differ by what they do alone.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ft_core::{Clock, Entropy, Tick};
use ft_sim::{Log, Reply, Script, Scripts, Seen, SimProvider};
use serde_json::json;

use crate::wire;
use crate::world::{Fault, TargetSpec, World, provider_name};

/// The text that every target gives to this question: distinct words, so that none can be lost or doubled unseen.
#[must_use]
pub fn answer_to(question: &str) -> String {
    let words = 1 + draw(&[hash(question)]).below(24);
    let mut text = format!("{question}:");
    for word in 0..words {
        text.push_str(&format!(" w{word}"));
    }
    text + " end"
}

/// Independent draws for these numbers.
#[must_use]
pub fn draw(parts: &[u64]) -> Entropy {
    let mixed = parts.iter().fold(0, |sum, &part| Entropy::seeded(sum ^ part).next_u64());
    Entropy::seeded(mixed)
}

/// A number that is the same for the same text in every run.
#[must_use]
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The world's providers, each with its models' scripts; all write into `log`.
#[must_use]
pub fn providers(world: &World, clock: &Arc<dyn Clock>, log: &Log) -> Vec<SimProvider> {
    let began = clock.now();
    let all = world.credentials.iter().enumerate();
    all.map(|(place, &credentials)| {
        let (name, scripts) = (provider_name(place), scripts(world, place, began));
        SimProvider::with_log(name, scripts, Arc::clone(clock), world.seed, log.clone())
            .with_credentials(credentials)
    })
    .collect()
}

/// What the models of the provider at this place do, from this moment on.
pub(crate) fn scripts(world: &World, place: usize, began: Tick) -> Scripts {
    let targets = world.targets().filter(move |target| target.provider == place);
    targets.fold(Scripts::new(), |scripts, target| {
        scripts.model(target.model(), script(world.seed, target.clone(), began))
    })
}

fn script(seed: u64, target: TargetSpec, began: Tick) -> Script {
    let mut asked: HashMap<u64, u64> = HashMap::new();
    let number = target.number as u64;
    Script::from_fn(move |seen| {
        let request = hash(seen.request_id.unwrap_or_default());
        let nth = asked.entry(request).or_default();
        *nth += 1;
        let mut luck = draw(&[seed, number, request, *nth]);
        let at = seen.at.since(began);
        let fault = target.faults.iter().find_map(|spell| {
            // One draw each, whether or not it holds now: a spell must not shift the luck of the next.
            let drawn = luck.unit() < spell.share;
            (drawn && spell.from <= at && at < spell.until).then_some(spell.fault)
        });
        let pace = luck.spread(target.latency, 0.3);
        reply(&target, seen, fault, pace)
    })
}

fn reply(target: &TargetSpec, seen: &Seen<'_>, fault: Option<Fault>, latency: Duration) -> Reply {
    let text = rest_of(seen);
    let mut pieces: Vec<&str> = text.split_inclusive(' ').collect();
    if pieces.is_empty() {
        pieces.push("");
    }
    let well = Reply::chunks(&pieces).latency(latency).per_chunk(target.per_word);
    let Some(fault) = fault else { return well };
    // What counts words must fall inside of the answer, or it would be no fault.
    let inside = |at: usize| at.min(pieces.len().saturating_sub(1));
    match fault {
        Fault::Status(status, hint) => {
            let reply = Reply::status(status).latency(latency);
            hint.map_or(reply.clone(), |hint| reply.retry_after(hint))
        }
        Fault::Refuse => well.refuse(),
        Fault::Reset => well.reset(),
        Fault::Hang => well.hang(),
        Fault::Slow(more) => well.latency(latency + more),
        Fault::Cut(words) => well.cut_after(inside(words)),
        Fault::Stall(words) => well.stall_after(inside(words)),
        Fault::ErrorInside(words) => {
            well.error_after(inside(words), json!({"message": "it broke", "code": "server_error"}))
        }
        Fault::Garbled(word) => well.malformed_at(inside(word).max(1)),
        Fault::Empty => well.empty_choices(),
        Fault::Wire(failure, words) => {
            let so_far = pieces[..inside(words)].concat();
            wire::FAILURES[failure % wire::FAILURES.len()]
                .reply(&so_far, seen.stream)
                .latency(latency)
        }
        Fault::KeyRefused(credential) if seen.credential == format!("credential {credential}") => {
            Reply::status(401).latency(latency)
        }
        Fault::KeyRefused(_) => well,
    }
}

/// The answer, less what an assistant message that stands last has of it already.
fn rest_of(seen: &Seen<'_>) -> String {
    let Some(request) = seen.chat() else { return String::new() };
    let texts: Vec<_> =
        request.messages.iter().map(|message| message.content.text().into_owned()).collect();
    let question = texts.first().map(String::as_str).unwrap_or_default();
    let whole = answer_to(question);
    match &texts[..] {
        [_, so_far] => whole.strip_prefix(so_far.as_str()).unwrap_or(&whole).to_owned(),
        _ => whole,
    }
}
