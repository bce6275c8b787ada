//! A table for people: columns as wide as what stands in them.

use crate::ink::{Ink, Line};
use crate::output::for_terminal;

/// On which side of its column a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// A table with a line of titles.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(&'static str, Side)>,
    rows: Vec<Vec<(Ink, String)>>,
}

/// Between two columns.
const GAP: usize = 2;

impl Table {
    pub(crate) fn new(columns: &[(&'static str, Side)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; a cell that is missing is empty.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = (Ink, String)>) {
        let cells = cells.into_iter().map(|(ink, text)| (ink, for_terminal(&text)));
        self.rows.push(cells.collect());
    }

    /// The table as lines that begin at this column.
    pub(crate) fn lines(&self, indent: usize) -> Vec<Line> {
        let titles = self.columns.iter().map(|(title, _)| (Ink::Faint, (*title).to_owned()));
        let titles: Vec<_> = titles.collect();
        let all = || std::iter::once(&titles).chain(&self.rows);
        let widths: Vec<_> = (0..self.columns.len())
            .map(|at| {
                all().filter_map(|row| row.get(at)).map(|(_, text)| text.chars().count()).max()
            })
            .map(Option::unwrap_or_default)
            .collect();
        all().map(|row| self.line(row, &widths, indent)).collect()
    }

    fn line(&self, row: &[(Ink, String)], widths: &[usize], indent: usize) -> Line {
        let mut line = Line::new();
        let mut from = indent;
        for (((_, side), width), (ink, text)) in self.columns.iter().zip(widths).zip(row) {
            let pad = if *side == Side::Right { width - text.chars().count() } else { 0 };
            line = line.to(from + pad).and(*ink, text.as_str());
            from += width + GAP;
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_stands_in_them() {
        let mut table = Table::new(&[("MODEL", Side::Left), ("COST", Side::Right)]);
        table.row([(Ink::Plain, "a".to_owned()), (Ink::Bold, "$0.5".to_owned())]);
        table
            .row([(Ink::Plain, "a longer\x1b[1m one".to_owned()), (Ink::Bold, "$10.5".to_owned())]);
        table.row([(Ink::Plain, "b".to_owned())]);
        let lines: Vec<_> = table.lines(1).iter().map(|line| line.render(80, false)).collect();
        assert_eq!(
            lines,
            [" MODEL             COST", " a                 $0.5", " a longer[1m one  $10.5", " b"]
        );
    }
}
