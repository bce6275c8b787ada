//! The workspace's own programs, built as they are released.

use std::path::PathBuf;

use super::results::Case;
use super::{Run, must};
use crate::Outcome;
use crate::process::Cmd;

/// `ft` and `ft-bench`.
pub(super) struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// Builds both, together, so that what they share is built once.
    ///
    /// # Errors
    /// When they do not compile.
    pub(super) fn build(run: &Run<'_>) -> Outcome<Self> {
        let command = Cmd::cargo("build --release -p ft-cli -p ft-bench");
        must(run.root, &command)?;
        Ok(Self { folder: run.metadata.target_directory.join("release").into_std_path_buf() })
    }

    pub(super) fn ft(&self) -> String {
        self.path("ft")
    }

    pub(super) fn ft_bench(&self) -> String {
        self.path("ft-bench")
    }

    fn path(&self, name: &str) -> String {
        let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        self.folder.join(name).display().to_string()
    }

    /// The cases that a run of `ft-bench` prints.
    ///
    /// # Errors
    /// When it fails, or prints something else.
    pub(super) fn cases(&self, run: &Run<'_>, args: &[&str]) -> Outcome<Vec<Case>> {
        let command = Cmd::new(&self.ft_bench(), args);
        println!("$ ft-bench {}", args.join(" "));
        let text = command.output(run.root)?;
        Ok(serde_json::from_str(&text)
            .map_err(|error| format!("ft-bench printed no cases: {error}"))?)
    }
}
