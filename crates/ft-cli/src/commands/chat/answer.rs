//! The answer on stdout, as it comes or whole or as JSON, and a line about it on stderr.

use ft_client::{Client, Error, Report};
use ft_core::ChatRequest;
use futures_util::StreamExt;
use serde_json::json;

use super::sentence;
use crate::failure::Failure;
use crate::ink::{Ink, Line};
use crate::output::{Output, To, for_terminal};

/// Prints the answer as it comes.
pub(super) async fn streamed(
    client: &Client,
    request: ChatRequest,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut stream = client.chat_stream(request).await.map_err(|error| failure(&error))?;
    let mut printed = Printed::new(output);
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(chunk) => printed.piece(output, chunk.text())?,
            Err(error) => {
                printed.end(output)?;
                return Err(failure(&error));
            }
        }
    }
    printed.end(output)?;
    about(output, &stream.report())
}

/// Prints the answer when all of it is there.
pub(super) async fn whole(
    client: &Client,
    request: ChatRequest,
    output: &mut Output,
) -> Result<(), Failure> {
    let answer = client.chat(request).await.map_err(|error| failure(&error))?;
    let mut printed = Printed::new(output);
    printed.piece(output, &answer.text())?;
    printed.end(output)?;
    about(output, &answer.report)
}

/// Prints answer and report, or error and report, as one document.
pub(super) async fn as_json(
    client: &Client,
    request: ChatRequest,
    output: &mut Output,
) -> Result<(), Failure> {
    let ended = client.chat(request).await;
    let document = match &ended {
        Ok(answer) => json!({
            "answer": answer.text(), "response": answer.response, "report": answer.report,
        }),
        Err(error) => json!({
            "error": { "kind": error.kind().as_str(), "message": sentence::of(error) },
            "report": error.report(),
        }),
    };
    let text = serde_json::to_string_pretty(&document)
        .map_err(|error| Failure::failed(format!("cannot write JSON: {error}")))?;
    output.line(&text)?;
    ended.map(|_| ()).map_err(|error| failure(&error))
}

fn failure(error: &Error) -> Failure {
    Failure::failed(sentence::of(error))
}

/// What was printed so far, as far as it matters: whether its last line is complete.
struct Printed {
    terminal: bool,
    open: bool,
}

impl Printed {
    fn new(output: &Output) -> Self {
        Self { terminal: output.screen(To::Stdout).is_some(), open: false }
    }

    fn piece(&mut self, output: &mut Output, text: &str) -> std::io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.open = !text.ends_with('\n');
        // A file gets what the model said; a terminal must not be steered by it.
        if self.terminal {
            output.write(To::Stdout, &for_terminal(text))
        } else {
            output.write(To::Stdout, text)
        }
    }

    fn end(&mut self, output: &mut Output) -> std::io::Result<()> {
        if std::mem::replace(&mut self.open, false) { output.line("") } else { Ok(()) }
    }
}

/// One line: who, at which tier, how fast, for how much, after how many attempts.
fn about(output: &mut Output, report: &Report) -> Result<(), Failure> {
    let colour = output.screen(To::Stderr).is_some_and(|screen| screen.colour);
    let line = Line::of(Ink::Faint, for_terminal(&sentence::about(report)));
    output.note(&line.render(usize::MAX, colour))?;
    Ok(())
}
