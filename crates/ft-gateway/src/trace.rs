//! A trace of requests for the simulator: when, how large and which again, without a word of what was said.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ft_core::{ChatRequest, Clock, Tick};
use serde::Serialize;

use crate::lines::Lines;

/// The file for a new trace: this one, or where it has one already the first with a number behind its name.
///
/// # Errors
/// When it cannot be opened.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let mut number = 1_u64;
    loop {
        let numbered = if number == 1 { path.to_owned() } else { with_number(path, number) };
        // Not truncated: two processes that find the same empty file must not write over each other.
        let file = File::options().create(true).append(true).open(&numbered)?;
        // Pipes and devices have no length, and nothing before.
        if file.metadata()?.len() == 0 {
            if number > 1 {
                tracing::info!("there is a trace already; this one is in {}", numbered.display());
            }
            return Ok(file);
        }
        number += 1;
    }
}

/// `trace.jsonl` as `trace-2.jsonl`.
fn with_number(path: &Path, number: u64) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(ending) = path.extension() {
        name.push(".");
        name.push(ending);
    }
    path.with_file_name(name)
}

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

    /// Whether all lines are written, after waiting for it at most so long.
    pub(crate) fn written(&self, within: Duration) -> bool {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone();
        lines.written(within)
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
    use std::io::Write;
    use std::sync::mpsc::{Sender, channel};

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
    fn a_trace_that_is_there_is_followed_by_one_with_a_number() {
        let folder = std::env::temp_dir().join(format!("ft-trace-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for name in ["trace.jsonl", "trace-2.jsonl", "trace-3.jsonl"] {
            // Nothing was written by the first: the second has its file.
            for line in ["", "{}\n"] {
                let mut file = create(&folder.join("trace.jsonl")).unwrap();
                file.write_all(line.as_bytes()).unwrap();
                assert_eq!(std::fs::read_to_string(folder.join(name)).unwrap(), line, "{name}");
            }
        }
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(with_number(Path::new("a/trace"), 2), Path::new("a/trace-2"));
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
