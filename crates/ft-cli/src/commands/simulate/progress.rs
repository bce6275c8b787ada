//! How far a simulation is, on a terminal.

use std::io::IsTerminal;
use std::io::Write;
use std::time::Duration;

use ft_core::{Clock, SystemClock, Tick};
use ft_simulate::Progress;

use crate::figures::grouped;

/// A line on stderr that is written over and over. Silent where stderr is no terminal.
#[derive(Debug)]
pub(crate) struct Shown {
    names: Vec<String>,
    clock: SystemClock,
    terminal: bool,
    next: Tick,
    written: bool,
}

/// Often enough to be seen moving, seldom enough to cost nothing.
const EVERY: Duration = Duration::from_millis(200);

impl Shown {
    pub(crate) fn new(names: Vec<String>) -> Self {
        let clock = SystemClock::new();
        Self {
            names,
            terminal: std::io::stderr().is_terminal(),
            next: clock.now().after(EVERY),
            clock,
            written: false,
        }
    }

    pub(crate) fn tell(&mut self, run: usize, progress: Progress) {
        let now = self.clock.now();
        if !self.terminal || now < self.next {
            return;
        }
        self.next = now.after(EVERY);
        let name = self.names.get(run).map_or("", String::as_str);
        let part = |part: u128, whole: u128| (part * 100).checked_div(whole).unwrap_or(0);
        let done = match (progress.of, progress.until) {
            (Some(all), _) => format!(" ({} %)", part(progress.requests.into(), all.into())),
            (None, Some(all)) => {
                format!(" ({} %)", part(progress.elapsed.as_nanos(), all.as_nanos()))
            }
            (None, None) => String::new(),
        };
        let days = progress.elapsed.as_secs_f64() / 86_400.0;
        let text = format!("{name}: {} requests{done}, day {days:.1}", grouped(progress.requests));
        self.written = true;
        // What cannot be shown is no reason to stop.
        let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
    }

    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.written) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
