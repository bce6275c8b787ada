//! Coloured text whose width is known: lines are laid out as spans and become escape codes last.

/// How a span looks. By meaning, so that a change of palette is one match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Plain,
    Bold,
    Faint,
    Good,
    Warn,
    Bad,
    /// The first model of a chain.
    First,
    /// The second.
    Second,
    /// The third.
    Third,
}

impl Ink {
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Bold => Some("1"),
            Self::Faint => Some("2"),
            Self::Good => Some("32"),
            Self::Warn => Some("33"),
            Self::Bad => Some("31"),
            Self::First => Some("36"),
            Self::Second => Some("34"),
            Self::Third => Some("35"),
        }
    }
}

/// One line of spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    spans: Vec<(Ink, String)>,
}

impl Line {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A line of one span.
    pub(crate) fn of(ink: Ink, text: impl Into<String>) -> Self {
        Self::new().and(ink, text)
    }

    /// Adds a span. Neighbours of one ink become one, so that a row of bars is not a row of codes.
    pub(crate) fn and(mut self, ink: Ink, text: impl Into<String>) -> Self {
        let text = text.into();
        match self.spans.last_mut() {
            Some((last, span)) if *last == ink => span.push_str(&text),
            _ => self.spans.push((ink, text)),
        }
        self
    }

    /// Adds spaces up to this column.
    pub(crate) fn to(self, column: usize) -> Self {
        let missing = column.saturating_sub(self.width());
        self.and(Ink::Plain, " ".repeat(missing))
    }

    /// Columns it takes; every character that is used here takes one.
    pub(crate) fn width(&self) -> usize {
        self.spans.iter().map(|(_, text)| text.chars().count()).sum()
    }

    /// The line as text, cut to `columns`, with escape codes if `colour`.
    pub(crate) fn render(&self, columns: usize, colour: bool) -> String {
        let mut left = columns;
        let mut out = String::new();
        for (ink, text) in &self.spans {
            let cut: String = text.chars().take(left).collect();
            left -= cut.chars().count();
            match ink.code().filter(|_| colour && !cut.is_empty()) {
                Some(code) => out.push_str(&format!("\x1b[{code}m{cut}\x1b[0m")),
                None => out.push_str(&cut),
            }
        }
        out.truncate(out.trim_end_matches(' ').len());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_by_what_is_seen_and_not_by_its_codes() {
        let line = Line::of(Ink::Bad, "▇▇▇▇").and(Ink::Bad, "▇").and(Ink::Plain, " up  ");
        assert_eq!(line.width(), 10);
        assert_eq!(line.render(80, false), "▇▇▇▇▇ up");
        assert_eq!(line.render(7, false), "▇▇▇▇▇ u");
        assert_eq!(line.render(6, true), "\x1b[31m▇▇▇▇▇\x1b[0m");
    }

    #[test]
    fn a_column_is_reached_from_the_left_only() {
        assert_eq!(Line::of(Ink::Plain, "a").to(4).width(), 4);
        assert_eq!(Line::of(Ink::Plain, "abcde").to(4).width(), 5);
    }
}
