//! Where and when a measurement was made.

use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::process::Cmd;

/// What a figure depends on beside the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Machine {
    pub(super) cpu: String,
    pub(super) cores: usize,
    pub(super) system: String,
    pub(super) rustc: String,
}

impl Machine {
    pub(super) fn here(root: &Path) -> Self {
        let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        Self {
            cpu: cpu_model(&cpuinfo).unwrap_or("unknown").to_owned(),
            cores: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            rustc: said(root, "rustc", &["--version"]).unwrap_or_else(|| "unknown".to_owned()),
        }
    }
}

fn cpu_model(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim())
}

/// The day, as the machine counts it.
pub(super) fn today(root: &Path) -> String {
    said(root, "date", &["-u", "+%Y-%m-%d"]).unwrap_or_else(|| "unknown".to_owned())
}

/// The commit that is measured, marked if the files differ from it. What a measurement itself
/// writes does not count as a difference.
pub(super) fn commit(root: &Path) -> String {
    let Some(commit) = said(root, "git", &["rev-parse", "--short=10", "HEAD"]) else {
        return "unknown".to_owned();
    };
    let changes = Cmd::new("git", &["status", "--porcelain", "--untracked-files=no", "--", "."])
        .arg(":!bench/results")
        .arg(format!(":!{}", super::PAGE));
    match changes.output(root) {
        Ok(text) if text.is_empty() => commit,
        _ => format!("{commit}-dirty"),
    }
}

/// A time no later than that of any file written from now on.
#[expect(clippy::disallowed_methods, reason = "compared with the times of files on disk")]
pub(super) fn file_time() -> SystemTime {
    // File systems cut times to their own tick, at most a second.
    SystemTime::now() - Duration::from_secs(1)
}

fn said(root: &Path, program: &str, args: &[&str]) -> Option<String> {
    Cmd::new(program, args).output(root).ok().map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_read_from_the_kernels_table() {
        let text = "processor\t: 0\nmodel name\t: Fast CPU @ 3 GHz\n";
        assert_eq!(cpu_model(text), Some("Fast CPU @ 3 GHz"));
        assert_eq!(cpu_model(""), None);
    }
}
