//! What each request asks: all of it follows from the seed and the request's number.

use std::time::Duration;

use ft_core::{ChatRequest, Entropy};
use ft_sim::{Latency, Size, Zipf};

use crate::scenario::{RunSpec, Scenario};
use crate::trace::{self, Trace};

/// What one request asks.
#[derive(Clone, Debug)]
pub(crate) struct Demand {
    /// From 0, in the order of arrival.
    pub(crate) number: u64,
    /// The number of its chain.
    pub(crate) chain: usize,
    /// The question: the same number is the same question.
    pub(crate) question: u64,
    pub(crate) prompt_tokens: u64,
    pub(crate) max_tokens: Option<u64>,
    pub(crate) stream: bool,
    /// When the caller leaves, from the request's beginning.
    pub(crate) patience: Option<Duration>,
}

/// The law that requests follow.
#[derive(Debug)]
pub(crate) struct Demands {
    seed: u64,
    /// Names and weights, summed up.
    chains: Vec<(String, u64)>,
    prompt_tokens: Size,
    max_tokens: Option<u64>,
    repeated: Option<(f64, Zipf)>,
    streamed: f64,
    patience: Option<Latency>,
}

impl Demands {
    pub(crate) fn new(
        scenario: &Scenario,
        run: &RunSpec,
        trace: Option<&Trace>,
        seed: u64,
    ) -> Self {
        let traffic = &scenario.traffic;
        let mut sum = 0;
        let mut chains: Vec<(String, u64)> = match &run.chain {
            Some(chain) => vec![(chain.clone(), 1)],
            None => traffic
                .chains
                .iter()
                .map(|(name, weight)| {
                    sum += u64::from(*weight);
                    (name.clone(), sum)
                })
                .collect(),
        };
        if chains.is_empty() && trace.is_none_or(|trace| !trace.names_every_chain()) {
            chains.push((ft_client::config::DEFAULT_CHAIN.to_owned(), 1));
        }
        if run.chain.is_none() {
            // None of them is ever drawn: the sum does not grow.
            let all = chains.last().map_or(1, |(_, sum)| *sum);
            for name in trace.into_iter().flat_map(Trace::chains) {
                if !chains.iter().any(|(known, _)| known == name) {
                    chains.push((name.to_owned(), all));
                }
            }
        }
        let repeated = traffic.repeated.and_then(|repeated| {
            // The scenario has been checked.
            Some((repeated.share, Zipf::new(repeated.of, repeated.skew).ok()?))
        });
        Self {
            seed: Entropy::seeded(seed).next_u64(),
            chains,
            prompt_tokens: traffic.prompt_tokens.0,
            max_tokens: traffic.max_tokens,
            repeated,
            streamed: traffic.streamed,
            patience: traffic.patience.map(|patience| patience.0),
        }
    }

    /// The names of the chains that are asked.
    pub(crate) fn chains(&self) -> impl Iterator<Item = &str> {
        self.chains.iter().map(|(name, _)| name.as_str())
    }

    pub(crate) fn chain_name(&self, chain: usize) -> &str {
        self.chains.get(chain).map_or("", |(name, _)| name.as_str())
    }

    /// The request of this number.
    pub(crate) fn of(&self, number: u64) -> Demand {
        self.drawn(number, None)
    }

    /// A recorded request; what the trace does not say is drawn.
    pub(crate) fn recorded(&self, number: u64, request: &trace::Request) -> Demand {
        let drawn = self.drawn(number, request.prompt);
        let chain = request.chain.as_deref();
        let chain = chain.and_then(|name| self.chains().position(|known| known == name));
        Demand {
            chain: chain.unwrap_or(drawn.chain),
            prompt_tokens: request.prompt_tokens.unwrap_or(drawn.prompt_tokens),
            max_tokens: request.max_tokens.or(drawn.max_tokens),
            stream: request.stream.unwrap_or(drawn.stream),
            ..drawn
        }
    }

    fn drawn(&self, number: u64, question: Option<u64>) -> Demand {
        // Draws in a fixed order, so that a change of one figure does not shift the others'.
        let mut draw =
            Entropy::seeded(self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).split();
        let (which, again, streams) = (draw.next_u64(), draw.unit(), draw.unit());
        let (mut rank, mut patience) = (draw.split(), draw.split());
        let question = question.unwrap_or_else(|| match &self.repeated {
            Some((share, zipf)) if again < *share => zipf.draw(&mut rank) as u64,
            _ => NEW + number,
        });
        // The same question is as long each time.
        let mut length =
            Entropy::seeded(self.seed ^ question.wrapping_mul(0xd134_2543_de82_ef95)).split();
        Demand {
            number,
            chain: self.chain(which),
            question,
            prompt_tokens: self.prompt_tokens.draw(&mut length),
            max_tokens: self.max_tokens,
            stream: streams < self.streamed,
            patience: self.patience.map(|law| law.draw(&mut patience)),
        }
    }

    fn chain(&self, drawn: u64) -> usize {
        let all = self.chains.last().map_or(1, |(_, sum)| *sum);
        let drawn = Entropy::seeded(drawn).below(all);
        self.chains.partition_point(|(_, sum)| *sum <= drawn)
    }
}

/// Questions that are asked once are numbered from here on, above those that repeat.
const NEW: u64 = 1 << 32;

/// Words of a question, four bytes a token.
const FILLER: &str =
    "why is it so and not as one may say who can tell if all of us try to ask for a day ";

impl Demand {
    /// The request with a text of its length.
    pub(crate) fn request(&self) -> ChatRequest {
        use std::fmt::Write;
        let bytes = usize::try_from(self.prompt_tokens.max(1)).unwrap_or(1).saturating_mul(4);
        let mut text = String::with_capacity(bytes + 24);
        // Writing to a string cannot fail.
        let _ = write!(text, "{:x} ", self.question);
        while text.len() < bytes {
            text.push_str(&FILLER[..FILLER.len().min(bytes - text.len())]);
        }
        let mut request = ChatRequest::user(text);
        request.max_tokens = self.max_tokens;
        if self.stream {
            request.stream_options = Some(serde_json::json!({"include_usage": true}));
        }
        request
    }
}
