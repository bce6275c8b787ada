//! In what a case is measured, how it is written, and which way is better.

use serde::{Deserialize, Serialize};

/// The unit of a case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Unit {
    #[default]
    Ns,
    Bytes,
    /// Of something countable: calls, allocations.
    Count,
    Instructions,
    /// From 0 to 100.
    Percent,
    /// A second.
    Rate,
    Usd,
    /// One figure over another.
    Ratio,
}

impl Unit {
    /// Whether a larger figure is the better one.
    pub(super) const fn more_is_better(self) -> bool {
        matches!(self, Self::Percent | Self::Rate)
    }

    /// The figure as people read it.
    pub(super) fn shown(self, figure: f64) -> String {
        match self {
            Self::Ns => duration(figure),
            Self::Bytes if figure.abs() < 1024.0 * 1024.0 => {
                format!("{} KiB", three(figure / 1024.0))
            }
            Self::Bytes => format!("{} MiB", three(figure / 1024.0 / 1024.0)),
            Self::Count if figure.fract() == 0.0 => format!("{figure}"),
            Self::Count => format!("{figure:.4}"),
            Self::Instructions => grouped(figure),
            // A share that is not whole never reads as 100.
            Self::Percent if figure < 100.0 => {
                let floor = format!("{:.4}", (figure * 10_000.0 + 1e-6).floor() / 10_000.0);
                format!("{} %", floor.trim_end_matches('0').trim_end_matches('.'))
            }
            Self::Percent => format!("{figure} %"),
            Self::Rate => format!("{} /s", grouped(figure)),
            Self::Usd => format!("${}", grouped(figure)),
            Self::Ratio => format!("{figure:.2} ×"),
        }
    }

    /// The unit of a word, and how much of ours one of it is.
    pub(super) fn of_word(word: &str) -> Option<(Self, f64)> {
        Some(match word {
            "ns" => (Self::Ns, 1.0),
            "µs" | "us" => (Self::Ns, 1e3),
            "ms" => (Self::Ns, 1e6),
            "s" => (Self::Ns, 1e9),
            "KiB" => (Self::Bytes, 1024.0),
            "MiB" => (Self::Bytes, 1024.0 * 1024.0),
            "%" => (Self::Percent, 1.0),
            "/s" => (Self::Rate, 1.0),
            "×" | "x" => (Self::Ratio, 1.0),
            "instructions" => (Self::Instructions, 1.0),
            "" => (Self::Count, 1.0),
            _ => return None,
        })
    }
}

/// A figure with its unit, such as `37s`, `1.0632` or `99.99 %`.
pub(super) fn parsed(text: &str) -> Option<(f64, Unit)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && !".-+".contains(c)).unwrap_or(text.len());
    let (number, word) = text.split_at(end);
    let (unit, scale) = Unit::of_word(word.trim())?;
    Some((number.parse::<f64>().ok()? * scale, unit))
}

/// Three significant figures and a unit.
fn duration(ns: f64) -> String {
    let (value, unit) = match ns.abs() {
        size if size < 1e3 => (ns, "ns"),
        size if size < 1e6 => (ns / 1e3, "µs"),
        size if size < 1e9 => (ns / 1e6, "ms"),
        _ => (ns / 1e9, "s"),
    };
    format!("{} {unit}", three(value))
}

fn three(value: f64) -> String {
    let decimals = match value.abs() {
        0.0 => 0,
        size if size < 10.0 => 2,
        size if size < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

/// Without decimals, in groups of three digits.
fn grouped(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_figures() {
        let shown: Vec<String> =
            [4.567, 31.26, 256.0, 1_400.0, 1.5e6, 2.25e9, 0.0].into_iter().map(duration).collect();
        assert_eq!(shown, ["4.57 ns", "31.3 ns", "256 ns", "1.40 µs", "1.50 ms", "2.25 s", "0 ns"]);
    }

    #[test]
    fn every_unit_is_written_as_people_read_it() {
        assert_eq!(Unit::Bytes.shown(32.0 * 1024.0), "32.0 KiB");
        assert_eq!(Unit::Bytes.shown(20.5 * 1024.0 * 1024.0), "20.5 MiB");
        assert_eq!(Unit::Percent.shown(99.999_99), "99.9999 %");
        assert_eq!(Unit::Percent.shown(100.0), "100 %");
        assert_eq!(Unit::Percent.shown(99.7), "99.7 %");
        assert_eq!(Unit::Rate.shown(123_456.7), "123,457 /s");
        assert_eq!(Unit::Count.shown(19.0), "19");
        assert_eq!(Unit::Ratio.shown(0.5), "0.50 ×");
    }

    #[test]
    fn a_figure_is_read_with_its_unit() {
        assert_eq!(parsed("37s"), Some((37e9, Unit::Ns)));
        assert_eq!(parsed("2.5 µs"), Some((2500.0, Unit::Ns)));
        assert_eq!(parsed("99.99 %"), Some((99.99, Unit::Percent)));
        assert_eq!(parsed("1.0631"), Some((1.0631, Unit::Count)));
        assert_eq!(parsed("20 MiB"), Some((20.0 * 1024.0 * 1024.0, Unit::Bytes)));
        assert_eq!(parsed("much"), None);
        assert_eq!(parsed("5 apples"), None);
    }
}
