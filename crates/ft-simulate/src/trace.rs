//! A recorded trace: who asked when, and how much, without a word of what was said.
//!
//! One JSON object a line. A gateway writes it, and a simulation plays it again:
//!
//! ```json
//! {"at_ms": 0, "chain": "default", "prompt": "9f2c41d07a3be615", "prompt_tokens": 212, "max_tokens": 500, "stream": true}
//! {"at_ms": 310, "prompt": "03ab5d77c1e04f92", "prompt_bytes": 1840}
//! ```
//!
//! | field | means | if missing |
//! |---|---|---|
//! | `at_ms` | milliseconds since the trace began, never less than in the line before | an error |
//! | `chain` | the chain that was asked | as the scenario says |
//! | `prompt` | 16 hexadecimal digits, the same for the same question: the first 64 bits of a keyed hash | a question of its own |
//! | `prompt_tokens` | tokens of the question | from `prompt_bytes`, else drawn |
//! | `prompt_bytes` | bytes of the question, four to a token | see above |
//! | `max_tokens` | the most tokens of the answer | as the scenario says |
//! | `stream` | whether a stream was asked for | as the scenario says |
//!
//! Further fields are errors: a trace that has prompts in it should not be read by accident.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::scenario::InvalidScenario;

/// A trace, read and checked.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    requests: Vec<Request>,
    file: String,
    /// The chains that it names, with the first line of each.
    chains: BTreeMap<Box<str>, usize>,
}

/// One request of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) at: Duration,
    pub(crate) chain: Option<Box<str>>,
    pub(crate) prompt: Option<u64>,
    pub(crate) prompt_tokens: Option<u64>,
    pub(crate) max_tokens: Option<u64>,
    pub(crate) stream: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    at_ms: u64,
    chain: Option<Box<str>>,
    prompt: Option<String>,
    prompt_tokens: Option<u64>,
    prompt_bytes: Option<u64>,
    max_tokens: Option<u64>,
    stream: Option<bool>,
}

impl Trace {
    /// Reads a trace; empty lines are passed over. `file` is what errors call it.
    ///
    /// # Errors
    /// The first line that is no JSON object of the fields above, or that is earlier than the one before it.
    pub fn from_jsonl(text: &str, file: &str) -> Result<Self, InvalidScenario> {
        let mut requests: Vec<Request> = Vec::new();
        let mut chains = BTreeMap::new();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = |field: &str, rule: String| {
                InvalidScenario::new(field, rule).in_file(file).at_line(Some(at + 1))
            };
            if !line.trim_start().starts_with('{') {
                return Err(wrong("", "must be a JSON object".to_owned()));
            }
            let mut json = serde_json::Deserializer::from_str(line);
            let line: Line = serde_path_to_error::deserialize(&mut json).map_err(|error| {
                let field = error.path().to_string();
                let field = if field == "." { "" } else { field.as_str() };
                wrong(field, reason(error.inner()))
            })?;
            json.end().map_err(|error| wrong("", reason(&error)))?;
            let request = line.request().map_err(|(field, rule)| wrong(field, rule.to_owned()))?;
            if requests.last().is_some_and(|last| last.at > request.at) {
                let rule = "is earlier than the line before; sort the trace by it";
                return Err(wrong("at_ms", rule.to_owned()));
            }
            if let Some(chain) = &request.chain {
                chains.entry(chain.clone()).or_insert(at + 1);
            }
            requests.push(request);
        }
        if requests.is_empty() {
            return Err(InvalidScenario::new("", "the trace has no request").in_file(file));
        }
        Ok(Self { requests, file: file.to_owned(), chains })
    }

    /// So many of its requests, evenly chosen; all of them when it has no more.
    pub(crate) fn thinned(&self, wanted: u64) -> Self {
        let (wanted, all) = (u128::from(wanted), self.requests.len() as u128);
        let chosen = |at: usize| (at as u128 + 1) * wanted / all > at as u128 * wanted / all;
        let requests =
            self.requests.iter().enumerate().filter(|(at, _)| wanted >= all || chosen(*at));
        Self { requests: requests.map(|(_, request)| request.clone()).collect(), ..self.clone() }
    }

    /// How many requests it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    pub(crate) fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// The chains that it names.
    pub(crate) fn chains(&self) -> impl Iterator<Item = &str> {
        self.chains.keys().map(|chain| &**chain)
    }

    /// Whether nothing has to be said about chains beside it.
    pub(crate) fn names_every_chain(&self) -> bool {
        self.requests.iter().all(|request| request.chain.is_some())
    }

    /// Where it names this chain first: the file and the line.
    pub(crate) fn line_of_chain(&self, chain: &str) -> Option<(&str, usize)> {
        Some((self.file.as_str(), *self.chains.get(chain)?))
    }
}

impl Line {
    fn request(self) -> Result<Request, (&'static str, &'static str)> {
        const LATEST: u64 = 366 * 86_400_000;
        if self.at_ms > LATEST {
            return Err(("at_ms", "is more than a year after the beginning"));
        }
        let hash = |text: &str| {
            let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            u64::from_str_radix(text, 16).ok().filter(|_| digits)
        };
        let prompt = match self.prompt.as_deref() {
            Some(text) => {
                let rule = "must be 16 hexadecimal digits; a trace holds no prompts";
                Some(hash(text).ok_or(("prompt", rule))?)
            }
            None => None,
        };
        let of_bytes = self.prompt_bytes.map(|bytes| bytes.div_ceil(4));
        let too_many = |tokens: Option<u64>| tokens.is_some_and(|it| it > ft_sim::Size::MOST);
        if too_many(self.prompt_tokens) {
            return Err(("prompt_tokens", "must be at most 1,000,000"));
        }
        if too_many(of_bytes) {
            return Err(("prompt_bytes", "must be at most 4,000,000"));
        }
        let tokens = self.prompt_tokens.or(of_bytes);
        if self.max_tokens == Some(0) {
            return Err(("max_tokens", "must be at least 1"));
        }
        Ok(Request {
            at: Duration::from_millis(self.at_ms),
            chain: self.chain,
            prompt,
            prompt_tokens: tokens,
            max_tokens: self.max_tokens,
            stream: self.stream,
        })
    }
}

/// The message without the place in the line, which stands in front already.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((reason, _)) => reason.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_read_line_by_line() {
        let text = "{\"at_ms\": 0, \"chain\": \"a\", \"prompt\": \"9f2c41d07a3be615\", \"prompt_tokens\": 212}\n\n\
                    {\"at_ms\": 310, \"prompt_bytes\": 1841, \"stream\": true}\n";
        let trace = Trace::from_jsonl(text, "t.jsonl").unwrap();
        assert_eq!(trace.len(), 2);
        assert_eq!(trace.requests()[0].prompt, Some(0x9f2c_41d0_7a3b_e615));
        assert_eq!(trace.requests()[1].prompt_tokens, Some(461));
        assert_eq!(trace.chains().collect::<Vec<_>>(), ["a"]);
        assert_eq!(trace.line_of_chain("a"), Some(("t.jsonl", 1)));
        assert!(!trace.names_every_chain());
    }

    #[test]
    fn a_wrong_line_is_named_with_its_number() {
        let read = |text: &str| Trace::from_jsonl(text, "t.jsonl").unwrap_err().to_string();
        assert!(read("{\"at_ms\": 1}\n{\"at_ms\": 0}").starts_with("t.jsonl:2: at_ms: is earlier"));
        assert!(
            read("{\"at_ms\": 1, \"text\": \"hello\"}")
                .starts_with("t.jsonl:1: text: unknown field")
        );
        assert!(read("{\"at_ms\": 1, \"prompt\": \"hello\"}").contains("16 hexadecimal"));
        assert!(read("{}").contains("missing field `at_ms`"));
        assert!(read("{\"at_ms\": 1.5}").starts_with("t.jsonl:1: at_ms: invalid type"));
        assert!(read("{\"at_ms\": 1, \"stream\": \"yes\"}").starts_with("t.jsonl:1: stream: "));
        assert!(read("[0, \"a\", null, null, null, null, true]").contains("a JSON object"));
        assert!(read("{\"at_ms\": 1} {}").starts_with("t.jsonl:1: "));
        assert!(read("{\"at_ms\": 1, \"prompt_bytes\": 5000000}").contains(": prompt_bytes: "));
        assert!(read("\n").contains("no request"));
    }
}
