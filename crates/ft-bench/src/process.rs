//! What the kernel knows of a process: its processor time, its memory, how many files it may have open.

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::Outcome;

/// The processor time of all threads of a process that still run, in user and kernel mode.
///
/// From the scheduler's own count, in nanoseconds; where the kernel keeps none, from its ticks of 10 ms.
///
/// # Errors
/// When there is no such process.
pub(crate) fn processor_time(pid: u32) -> Outcome<Duration> {
    let mut sum = 0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let stat = std::fs::read_to_string(thread?.path().join("schedstat")).unwrap_or_default();
        sum += stat.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0);
    }
    if sum > 0 {
        return Ok(Duration::from_nanos(sum));
    }
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name stands in brackets and may hold anything; the times are the 12th and 13th field after it.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 10))
}

/// The memory of a process that is in use, in bytes.
///
/// # Errors
/// When there is no such process.
pub(crate) fn memory(pid: u32) -> Outcome<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    Ok(kibibytes.ok_or("the kernel does not tell the process's memory")? * 1024)
}

/// Lets this process, and those it starts, open as many files as the system allows; gives how many that is.
pub(crate) fn raise_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let _ = setrlimit(Resource::Nofile, raised);
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}
