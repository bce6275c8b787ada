//! One outside command: how it is shown, started and listened to.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Outcome;

/// A command as it would be typed at the workspace root.
#[derive(Debug, Clone)]
pub(crate) struct Cmd {
    program: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    input: Option<PathBuf>,
}

impl Cmd {
    pub(crate) fn new(program: &str, args: &[&str]) -> Self {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Self { program: program.to_owned(), args, env: Vec::new(), input: None }
    }

    /// `cargo` with these words.
    pub(crate) fn cargo(line: &str) -> Self {
        Self::new("cargo", &line.split_whitespace().collect::<Vec<_>>())
    }

    pub(crate) fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    pub(crate) fn env(mut self, key: &str, value: &str) -> Self {
        self.env.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Standard input, as a path from the workspace root.
    pub(crate) fn input(mut self, path: impl Into<PathBuf>) -> Self {
        self.input = Some(path.into());
        self
    }

    /// Runs at `root`, hands each line of standard output to `line` as it comes, and says whether
    /// the command succeeded. Standard error goes straight to ours.
    ///
    /// # Errors
    /// When the command cannot be started or read.
    pub(crate) fn stream(&self, root: &Path, mut line: impl FnMut(&str)) -> Outcome<bool> {
        std::io::stdout().flush()?;
        let mut child = self
            .command(root)?
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start `{}`: {error}", self.program))?;
        if let Some(stdout) = child.stdout.take() {
            let mut reader = BufReader::new(stdout);
            let mut bytes = Vec::new();
            while reader.read_until(b'\n', &mut bytes)? > 0 {
                line(String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']));
                bytes.clear();
            }
        }
        Ok(child.wait()?.success())
    }

    /// What the command prints, if it succeeds.
    ///
    /// # Errors
    /// When the command cannot be started, or ends with another code than zero.
    pub(crate) fn output(&self, root: &Path) -> Outcome<String> {
        let mut text = String::new();
        let succeeded = self.stream(root, |line| {
            text.push_str(line);
            text.push('\n');
        })?;
        if succeeded { Ok(text) } else { Err(format!("`{self}` failed").into()) }
    }

    fn command(&self, root: &Path) -> Outcome<Command> {
        let mut command = match (self.program.as_str(), std::env::var_os("CARGO")) {
            ("cargo", Some(cargo)) => Command::new(cargo),
            (program, _) => Command::new(program),
        };
        command.args(&self.args).current_dir(root);
        // `cargo run` tells us about the crate xtask. Build scripts that watch these variables
        // (ring's does) would build again, and once more when a step is repeated by hand.
        for (key, _) in std::env::vars_os() {
            let name = key.to_string_lossy();
            if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name.starts_with(prefix)) {
                command.env_remove(&key);
            }
        }
        command.envs(self.env.iter().map(|(key, value)| (key, value)));
        command.stdin(match &self.input {
            Some(path) => Stdio::from(File::open(root.join(path))?),
            None => Stdio::null(),
        });
        Ok(command)
    }
}

impl fmt::Display for Cmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, value) in &self.env {
            write!(f, "{key}={} ", quoted(value))?;
        }
        f.write_str(&self.program)?;
        for arg in &self.args {
            write!(f, " {}", quoted(arg))?;
        }
        if let Some(path) = &self.input {
            write!(f, " < {}", path.display())?;
        }
        Ok(())
    }
}

/// The word as a shell needs it.
fn quoted(word: &str) -> String {
    if word.is_empty() || word.contains([' ', '"', '*', '$']) {
        format!("'{word}'")
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_is_typed() {
        let shown = Cmd::cargo("doc --no-deps").env("RUSTDOCFLAGS", "-D warnings").to_string();
        assert_eq!(shown, "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");
    }

    #[test]
    fn a_command_that_does_not_exist_is_an_error_with_its_name() {
        let error = Cmd::new("no-such-program", &[]).output(Path::new(".")).unwrap_err();
        assert!(error.to_string().contains("no-such-program"), "{error}");
    }

    #[test]
    fn a_failing_command_is_not_a_success() {
        assert!(!Cmd::cargo("no-such-verb").stream(Path::new("."), |_| ()).unwrap());
    }
}
