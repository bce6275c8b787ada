//! How long a connection is waited for: a machine without a socket and without a clock.

use std::time::Duration;

use ft_core::Tick;

/// What a connection may take, by what it is doing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// A head, from its first byte; the first one from the connection's beginning.
    pub(super) head: Duration,
    /// The pause between an answer and the next request.
    pub(super) idle: Duration,
    /// A pause in which the reader takes nothing.
    pub(super) write: Duration,
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// A head did not come.
    Head,
    /// Nothing was asked for.
    Idle,
    /// The reader takes nothing.
    Stuck,
    /// It was told to end, and did not.
    Close,
}

/// One connection, as far as time matters.
#[derive(Debug)]
pub(super) struct Watch {
    times: Times,
    /// Whether whatever comes between two answers is a head. Over HTTP/2 it may be a ping.
    bytes_are_heads: bool,
    /// Requests whose answers are not out yet.
    under_way: usize,
    idle_since: Tick,
    /// Since when a head is on its way.
    head_since: Option<Tick>,
    /// Since when the socket takes nothing.
    stuck_since: Option<Tick>,
    /// Until when the answer under way may take, however slowly it is read.
    ends_at: Option<Tick>,
    /// Until when it may take to end.
    close_by: Option<Tick>,
}

impl Watch {
    /// A connection that was just accepted: its first head is on its way.
    pub(super) fn new(times: Times, bytes_are_heads: bool, now: Tick) -> Self {
        Self {
            times,
            bytes_are_heads,
            under_way: 0,
            idle_since: now,
            head_since: Some(now),
            stuck_since: None,
            ends_at: None,
            close_by: None,
        }
    }

    /// Whether the next byte begins a head.
    pub(super) fn expects_head(&self) -> bool {
        self.bytes_are_heads && self.under_way == 0 && self.head_since.is_none()
    }

    /// A head has begun.
    pub(super) fn head_begins(&mut self, now: Tick) {
        self.head_since.get_or_insert(now);
    }

    /// A head is whole.
    pub(super) fn request_begins(&mut self) {
        self.head_since = None;
        self.under_way += 1;
    }

    /// An answer is out, or its reader is gone.
    pub(super) fn request_ends(&mut self, now: Tick) {
        self.under_way = self.under_way.saturating_sub(1);
        self.ends_at = None;
        if self.under_way == 0 {
            self.idle_since = now;
        }
    }

    /// Whether something is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.under_way > 0
    }

    /// The sole answer under way ends by then.
    pub(super) fn answer_ends_at(&mut self, at: Tick) {
        self.ends_at = Some(at);
    }

    /// The socket takes nothing.
    pub(super) fn stuck(&mut self, now: Tick) {
        self.stuck_since.get_or_insert(now);
    }

    /// It took something.
    pub(super) fn wrote(&mut self) {
        self.stuck_since = None;
    }

    /// It was told to end.
    pub(super) fn closes(&mut self, now: Tick) {
        self.close_by = Some(now.after(self.times.head));
    }

    /// When it ends if nothing happens; `None` while others have to see to that.
    pub(super) fn due(&self) -> Option<(Tick, Due)> {
        let waiting = match self.head_since {
            _ if self.under_way > 0 => None,
            Some(since) => Some((since.after(self.times.head), Due::Head)),
            None => Some((self.idle_since.after(self.times.idle), Due::Idle)),
        };
        let stuck = self.stuck_since.map(|since| {
            let at = since.after(self.times.write);
            (self.ends_at.map_or(at, |ends| at.min(ends.max(since))), Due::Stuck)
        });
        if let Some(close_by) = self.close_by {
            // An answer under way may take its time, and a reader that is stuck is still one.
            let close = (self.under_way == 0).then_some((close_by, Due::Close));
            return earlier(close, stuck);
        }
        earlier(waiting, stuck)
    }
}

fn earlier(a: Option<(Tick, Due)>, b: Option<(Tick, Due)>) -> Option<(Tick, Due)> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.0 < a.0 { b } else { a }),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn at(seconds: u64) -> Tick {
        Tick::ZERO.after(secs(seconds))
    }

    fn watch() -> Watch {
        Watch::new(Times { head: secs(10), idle: secs(75), write: secs(60) }, true, at(100))
    }

    #[test]
    fn what_comes_over_http_2_between_two_answers_is_no_head() {
        let times = Times { head: secs(10), idle: secs(75), write: secs(60) };
        let mut watch = Watch::new(times, false, at(100));
        assert_eq!(watch.due(), Some((at(110), Due::Head)), "the first request has to come");
        watch.request_begins();
        watch.request_ends(at(120));
        assert!(!watch.expects_head());
        assert_eq!(watch.due(), Some((at(195), Due::Idle)));
    }

    #[test]
    fn a_head_is_bounded_from_its_beginning_and_a_pause_has_a_time_of_its_own() {
        let mut watch = watch();
        assert_eq!(watch.due(), Some((at(110), Due::Head)));
        assert!(!watch.expects_head());
        watch.request_begins();
        assert_eq!(watch.due(), None);
        watch.request_ends(at(130));
        assert_eq!(watch.due(), Some((at(205), Due::Idle)));
        assert!(watch.expects_head());
        watch.head_begins(at(200));
        watch.head_begins(at(205));
        assert_eq!(watch.due(), Some((at(210), Due::Head)));
    }

    #[test]
    fn a_connection_is_idle_when_the_last_of_its_requests_has_ended() {
        let mut watch = watch();
        watch.request_begins();
        watch.request_begins();
        watch.request_ends(at(120));
        assert_eq!(watch.due(), None);
        watch.request_ends(at(130));
        assert_eq!(watch.due(), Some((at(205), Due::Idle)));
    }

    #[test]
    fn a_reader_that_takes_nothing_ends_it_and_at_the_answers_own_end_if_that_is_sooner() {
        let mut watch = watch();
        watch.request_begins();
        watch.stuck(at(120));
        watch.stuck(at(130));
        assert_eq!(watch.due(), Some((at(180), Due::Stuck)));
        watch.wrote();
        assert_eq!(watch.due(), None);
        watch.answer_ends_at(at(150));
        assert_eq!(watch.due(), None, "who takes what comes is told by the answer itself");
        watch.stuck(at(140));
        assert_eq!(watch.due(), Some((at(150), Due::Stuck)));
        watch.request_ends(at(145));
        assert_eq!(
            watch.due(),
            Some((at(200), Due::Stuck)),
            "its last bytes are still to be taken"
        );
    }

    #[test]
    fn what_was_told_to_end_has_a_headers_time_for_it() {
        let mut watch = watch();
        watch.request_begins();
        watch.request_ends(at(110));
        watch.closes(at(185));
        assert_eq!(watch.due(), Some((at(195), Due::Close)));
        watch.request_begins();
        assert_eq!(watch.due(), None);
    }
}
