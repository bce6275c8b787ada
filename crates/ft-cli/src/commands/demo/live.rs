//! How the demo shows itself while it runs: a board drawn over itself, a few plain lines, or nothing.

use std::io;
use std::time::Duration;

use super::board::{ROWS, Snapshot, WIDTH, lines, title};
use super::scenario::Scenario;
use crate::figures::{grouped, percent, seconds};
use crate::output::{Output, Screen, To};

/// Between two drawings: eight a second are smooth, more are work for the terminal.
pub(crate) const EVERY: Duration = Duration::from_millis(125);

/// What shows the demo while it runs. Shows the cursor again when dropped.
#[derive(Debug)]
pub(crate) struct Live<'a> {
    output: &'a mut Output,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Board { to: To, drawn: bool },
    Lines { happened: usize, quarters: u64 },
    Nothing,
}

impl<'a> Live<'a> {
    /// The board where it fits; otherwise plain lines. For machines, the board on stderr or nothing.
    pub(crate) fn new(output: &'a mut Output, json: bool) -> Self {
        let to = if json { To::Stderr } else { To::Stdout };
        let way = match output.screen(to) {
            Some(screen) if fits(screen) => Way::Board { to, drawn: false },
            _ if json => Way::Nothing,
            _ => Way::Lines { happened: 0, quarters: 0 },
        };
        Self { output, way }
    }

    pub(crate) fn begin(&mut self, scenario: &Scenario) -> io::Result<()> {
        match &self.way {
            Way::Board { to, .. } => self.output.write(*to, "\n\x1b[?25l"),
            Way::Lines { .. } => self.output.line(&title(scenario).render(WIDTH, false)),
            Way::Nothing => Ok(()),
        }
    }

    pub(crate) fn draw(&mut self, shown: &Snapshot<'_>) -> io::Result<()> {
        match &mut self.way {
            Way::Board { to, drawn } => {
                let Some(screen) = self.output.screen(*to) else { return Ok(()) };
                let mut frame = String::new();
                if std::mem::replace(drawn, true) {
                    frame.push_str(&format!("\x1b[{ROWS}A\r"));
                }
                for line in lines(shown) {
                    // One column is left free: some terminals wrap when the last one is written.
                    frame.push_str(&line.render(screen.columns.saturating_sub(1), screen.colour));
                    frame.push_str("\x1b[K\n");
                }
                self.output.write(*to, &frame)
            }
            Way::Lines { happened, quarters } => {
                for (at, what) in &shown.story.all()[*happened..] {
                    self.output.line(&what.told(*at))?;
                }
                *happened = shown.story.all().len();
                let done = shown.chain.ended();
                let quarter = done * 4 / shown.scenario.requests.max(1);
                if quarter > std::mem::replace(quarters, quarter) {
                    let (elapsed, all) = (seconds(shown.elapsed), grouped(shown.scenario.requests));
                    let answered = percent(shown.chain.answered(), done);
                    let done = grouped(done);
                    self.output.line(&format!(
                        "{elapsed:>6}  {done} of {all} done, {answered} answered"
                    ))?;
                }
                Ok(())
            }
            Way::Nothing => Ok(()),
        }
    }
}

impl Drop for Live<'_> {
    fn drop(&mut self) {
        if let Way::Board { to, .. } = self.way {
            // A terminal that is gone needs no cursor.
            let _ = self.output.write(to, "\x1b[?25h");
        }
    }
}

fn fits(screen: Screen) -> bool {
    screen.columns > WIDTH && screen.rows > ROWS + 1
}
