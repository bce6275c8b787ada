//! A trace of requests for the simulator: when, how large and which again, without a word of what was said.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use ft_core::{ChatRequest, Clock, Tick};
use serde::Serialize;

use crate::lines::Lines;

/// Writes a line for each chat request when it arrives.
#[derive(Debug)]
pub(crate) struct Trace {
    began: Tick,
    /// Keyed anew by each process: who has the trace cannot try out what the prompts were.
    hash: RandomState,
    /// Held from the reading of the clock to the line, so that no line is earlier than the one before it.
    lines: Mutex<Lines>,
}

/// A line, as the simulator reads it.
#[derive(Debug, Serialize)]
struct Line<'a> {
    at_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<&'a str>,
    prompt: String,
    prompt_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u64>,
    stream: bool,
}

impl Trace {
    /// Writes to these from now on.
    pub(crate) fn new(lines: Lines, clock: &dyn Clock) -> Self {
        Self { began: clock.now(), hash: RandomState::new(), lines: Mutex::new(lines) }
    }

    /// A request arrived; `chain` is the one that is asked, unless it is a single target.
    pub(crate) fn arrived(&self, request: &ChatRequest, chain: Option<&str>, clock: &dyn Clock) {
        // Messages are maps with text keys and numbers that JSON has: they can always be written.
        let words = serde_json::to_vec(&request.messages).unwrap_or_default();
        let said = |message: &ft_core::chat::Message| message.content.text().len();
        let bytes: usize = request.messages.iter().map(said).sum();
        let prompt = format!("{:016x}", self.hash.hash_one(&words));
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let at = clock.now().since(self.began);
        lines.write(&Line {
            at_ms: u64::try_from(at.as_millis()).unwrap_or(u64::MAX),
            chain,
            prompt,
            prompt_bytes: u64::try_from(bytes).unwrap_or(u64::MAX),
            max_tokens: request.output_limit(),
            stream: request.stream == Some(true),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::mpsc::{Sender, channel};
    use std::time::Duration;

    use ft_core::ManualClock;
    use serde_json::Value;

    use super::*;

    struct Out(Sender<Vec<u8>>);

    impl Write for Out {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_says_when_how_much_and_which_again_and_nothing_of_what_was_said() {
        let clock = ManualClock::at(Tick::ZERO);
        let (out, seen) = channel();
        let lines = Lines::to(Out(out), metrics::Counter::noop()).unwrap();
        let trace = Trace::new(lines, &clock);
        let next = |words: &str, chain| {
            let request = ChatRequest::user(words).with_max_tokens(50);
            trace.arrived(&request, chain, &clock);
            let line = String::from_utf8(seen.recv().unwrap()).unwrap();
            assert!(!line.contains(words), "{line}");
            serde_json::from_str::<Value>(&line).unwrap()
        };
        let first = next("a secret", Some("default"));
        clock.advance(Duration::from_millis(70));
        let again = next("a secret", None);
        let other = next("another", None);
        assert_eq!((&first["at_ms"], &again["at_ms"]), (&0.into(), &70.into()));
        assert_eq!(first["chain"], "default");
        assert_eq!(first["prompt_bytes"], 8);
        assert_eq!(first["max_tokens"], 50);
        assert_eq!(first["prompt"], again["prompt"]);
        assert_ne!(first["prompt"], other["prompt"]);
    }
}
