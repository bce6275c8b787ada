//! Where everything that is printed goes through: stdout, stderr, and what kind of terminals they are.

use std::io::{self, IsTerminal, Write};

use terminal_size::{Height, Width, terminal_size_of};

use crate::ink::Line;

/// The two streams of the process.
#[derive(Debug)]
pub(crate) struct Output {
    stdout: io::Stdout,
    stderr: io::Stderr,
}

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    Stdout,
    Stderr,
}

/// What a terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Screen {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) colour: bool,
}

impl Output {
    pub(crate) fn standard() -> Self {
        Self { stdout: io::stdout(), stderr: io::stderr() }
    }

    /// Writes text as it is, and flushes: what was said is seen, also when the process ends here.
    pub(crate) fn write(&mut self, to: To, text: &str) -> io::Result<()> {
        let out: &mut dyn Write = match to {
            To::Stdout => &mut self.stdout,
            To::Stderr => &mut self.stderr,
        };
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Writes a line to stdout.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        self.write(To::Stdout, &format!("{text}\n"))
    }

    /// Writes lines to stdout, in colour on a terminal that has it. None is cut: what is too wide is wrapped by the
    /// terminal.
    pub(crate) fn print(&mut self, lines: &[Line]) -> io::Result<()> {
        let colour = self.screen(To::Stdout).is_some_and(|screen| screen.colour);
        let text: String =
            lines.iter().map(|line| format!("{}\n", line.render(usize::MAX, colour))).collect();
        self.write(To::Stdout, &text)
    }

    /// Writes a line to stderr.
    pub(crate) fn note(&mut self, text: &str) -> io::Result<()> {
        self.write(To::Stderr, &format!("{text}\n"))
    }

    /// The terminal behind a stream. `None` when it is none, or one that knows no escape codes.
    pub(crate) fn screen(&self, to: To) -> Option<Screen> {
        let (terminal, size) = match to {
            To::Stdout => (self.stdout.is_terminal(), terminal_size_of(&self.stdout)),
            To::Stderr => (self.stderr.is_terminal(), terminal_size_of(&self.stderr)),
        };
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        if !terminal || set("TERM").is_some_and(|term| term == "dumb") {
            return None;
        }
        let (columns, rows) =
            size.map_or((80, 24), |(Width(columns), Height(rows))| (columns, rows));
        // https://no-color.org: set and not empty.
        let colour = set("NO_COLOR").is_none();
        Some(Screen { columns: columns.into(), rows: rows.into(), colour })
    }
}

/// Text of others without what could steer a terminal: control characters other than line feed and tab.
pub(crate) fn for_terminal(text: &str) -> String {
    text.chars().filter(|&c| !c.is_control() || c == '\n' || c == '\t').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_cannot_steer_the_terminal() {
        assert_eq!(for_terminal("a\x1b[2Jb\r\n\tc\u{9b}d"), "a[2Jb\n\tcd");
    }
}
