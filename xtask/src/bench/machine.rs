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

/// The minute, as the machine counts it.
pub(super) fn now(root: &Path) -> String {
    said(root, "date", &["-u", "+%Y-%m-%d %H:%M"]).unwrap_or_else(|| "unknown".to_owned())
}

/// The load averages of the last 1, 5 and 15 minutes.
pub(super) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let averages: Vec<&str> = text.split_whitespace().take(3).collect();
    if averages.is_empty() { "unknown".to_owned() } else { averages.join(" ") }
}

/// What a program says of its version, on either output; `None` where it is not installed.
pub(super) fn version(program: &str, args: &[&str]) -> Option<String> {
    let output = std::process::Command::new(program).args(args).output().ok()?;
    let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    let said = String::from_utf8_lossy(&said);
    let line = said.lines().next().unwrap_or_default().trim();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}

/// The commit that is measured, marked if the files differ from it. What a measurement itself
/// writes does not count as a difference.
pub(super) fn commit(root: &Path) -> String {
    let Some(commit) = said(root, "git", &["rev-parse", "--short=10", "HEAD"]) else {
        return "unknown".to_owned();
    };
    let changes = Cmd::new("git", &["status", "--porcelain", "--untracked-files=no", "--", "."])
        .arg(":!bench")
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

/// How long something takes that is run once.
pub(super) struct Stopwatch(std::time::Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "it measures the machine's own time")]
    pub(super) fn start() -> Self {
        Self(std::time::Instant::now())
    }

    #[expect(clippy::disallowed_methods, reason = "it measures the machine's own time")]
    pub(super) fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
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
