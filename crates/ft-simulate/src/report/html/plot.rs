//! Plots over simulated time, as SVG text.

use std::fmt::Write;

use super::escaped;
use crate::report::RunReport;
use crate::report::table::plain;

/// The room of a plot: inside it the data, left of it and below it the axes.
const WIDTH: f64 = 960.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 22.0;

/// Plots over the time of one run: all of them have the same axis.
pub(super) struct Plot {
    slice: f64,
    slices: usize,
    until: f64,
}

/// One figure over the slices.
pub(super) struct Series {
    pub(super) name: String,
    pub(super) colour: String,
    pub(super) points: Vec<Option<f64>>,
}

/// When one target's breaker was what.
pub(super) struct Strip<'a> {
    pub(super) name: String,
    /// From when until when it rejected or probed.
    pub(super) open: &'a [(f64, f64)],
    /// From when until when a probe was due and nobody asked.
    pub(super) due: &'a [(f64, f64)],
}

impl Plot {
    pub(super) fn new(run: &RunReport) -> Self {
        let slice = run.timeline.slice_seconds;
        let slices = run.timeline.slices.len().max(1);
        // The last slice may be a part of one, and must not look like a whole of nothing.
        Self { slice, slices, until: slice * count(slices) }
    }

    /// Shares on top of each other, from 0 to 1. A slice without any is drawn as one in `gap`'s colour.
    pub(super) fn stacked(&self, layers: &[Series], gap: &Series) -> String {
        let height = 180.0;
        let mut out = self.begin(height, "shares of the requests over time, by who answered");
        let y = |share: f64| TOP + (1.0 - share) * (height - TOP - BOTTOM);
        for at in 0..self.slices {
            let mut sum = 0.0;
            for layer in layers.iter().chain([gap]) {
                let Some(share) =
                    layer.points.get(at).copied().flatten().filter(|share| *share > 0.0)
                else {
                    continue;
                };
                let (low, high) = (sum, sum + share);
                sum = high;
                put(
                    &mut out,
                    format_args!(
                        "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"{}\"><title>{}: {} {:.2} %</title></rect>",
                        self.x(self.slice * count(at)),
                        y(high),
                        self.step(),
                        y(low) - y(high),
                        layer.colour,
                        moment(self.slice * count(at)),
                        escaped(&layer.name),
                        share * 100.0
                    ),
                );
            }
        }
        for share in [0.0, 0.5, 1.0] {
            label_left(&mut out, y(share), &format!("{:.0} %", share * 100.0));
        }
        self.end(out, height)
    }

    /// Lines on a logarithmic scale, of figures of at least 1.
    pub(super) fn lines(&self, series: &[Series]) -> String {
        let height = 180.0;
        let mut out = self.begin(height, "median and 99th percentile of the latency over time");
        let all = || series.iter().flat_map(|series| series.points.iter().flatten().copied());
        let most = decade_above(all().fold(1.0, f64::max));
        let least = decade_below(all().fold(most, f64::min)).min(most / 10.0);
        let decades = digits(most / least);
        let y = |figure: f64| {
            let share = digits(figure.max(least) / least) / decades;
            TOP + (1.0 - share) * (height - TOP - BOTTOM)
        };
        let mut at = least;
        while at <= most * 1.01 {
            put(
                &mut out,
                format_args!(
                    "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{:.2}\" y1=\"{:.2}\" y2=\"{:.2}\"/>",
                    WIDTH - RIGHT,
                    y(at),
                    y(at)
                ),
            );
            label_left(&mut out, y(at), &plain(at));
            at *= 10.0;
        }
        for series in series {
            let mut path = String::new();
            let mut pen = 'M';
            for (at, point) in series.points.iter().enumerate() {
                let Some(point) = point else {
                    pen = 'M';
                    continue;
                };
                let x = self.x(self.slice * (count(at) + 0.5));
                put(&mut path, format_args!("{pen}{x:.2} {:.2}", y(*point)));
                if pen == 'M' {
                    // A point without neighbours is a dot, and not nothing.
                    path.push_str("h.01");
                }
                pen = 'L';
            }
            put(
                &mut out,
                format_args!(
                    "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.6\" stroke-linecap=\"round\" stroke-linejoin=\"round\"><title>{}</title></path>",
                    series.colour,
                    escaped(&series.name)
                ),
            );
        }
        self.end(out, height)
    }

    /// Bars from zero.
    pub(super) fn bars(&self, series: &Series) -> String {
        let height = 130.0;
        let mut out = self.begin(height, "cost over time");
        let most = series.points.iter().flatten().copied().fold(0.0, f64::max);
        let y = |figure: f64| TOP + (1.0 - figure / most) * (height - TOP - BOTTOM);
        for (at, point) in series.points.iter().enumerate() {
            let Some(point) = point.filter(|point| *point > 0.0) else { continue };
            put(
                &mut out,
                format_args!(
                    "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"{}\"><title>{}: ${point:.4}</title></rect>",
                    self.x(self.slice * count(at)),
                    y(point),
                    (self.step() - 0.6).max(0.4),
                    y(0.0) - y(point),
                    series.colour,
                    moment(self.slice * count(at))
                ),
            );
        }
        let digits = if most >= 10.0 {
            0
        } else if most >= 0.1 {
            2
        } else {
            4
        };
        label_left(&mut out, y(0.0), "$0");
        label_left(&mut out, y(most), &format!("${most:.digits$}"));
        self.end(out, height)
    }

    /// One strip for each name, filled from when until when.
    pub(super) fn strips(&self, strips: &[Strip<'_>]) -> String {
        const STRIP: f64 = 26.0;
        let height = TOP + STRIP * count(strips.len()) + BOTTOM;
        let mut out = self.begin(height, "when circuit breakers were open");
        for (at, Strip { name, open, due }) in strips.iter().enumerate() {
            let top = TOP + STRIP * count(at);
            put(
                &mut out,
                format_args!("<text x=\"{LEFT}\" y=\"{:.2}\">{}</text>", top + 9.0, escaped(name)),
            );
            put(
                &mut out,
                format_args!(
                    "<rect x=\"{LEFT}\" y=\"{:.2}\" width=\"{:.2}\" height=\"9\" fill=\"var(--card)\"/>",
                    top + 13.0,
                    WIDTH - RIGHT - LEFT
                ),
            );
            let due = due.iter().map(|interval| (interval, "left", "due "));
            let open = open.iter().map(|interval| (interval, "failed", ""));
            for ((from, until), colour, word) in due.chain(open) {
                let (from_x, until_x) = (self.x(*from), self.x(until.min(self.until)));
                put(
                    &mut out,
                    format_args!(
                        "<rect x=\"{from_x:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"9\" fill=\"var(--{colour})\"><title>{word}{} to {}</title></rect>",
                        top + 13.0,
                        (until_x - from_x).max(0.8),
                        moment(*from),
                        moment(*until)
                    ),
                );
            }
        }
        self.end(out, height)
    }

    fn x(&self, seconds: f64) -> f64 {
        LEFT + seconds / self.until * (WIDTH - LEFT - RIGHT)
    }

    fn step(&self) -> f64 {
        // A hair more than a slice, so that no background shows between two.
        (WIDTH - LEFT - RIGHT) / count(self.slices) + 0.3
    }

    /// The label is for those who do not see the plot.
    fn begin(&self, height: f64, label: &str) -> String {
        // On a narrow screen a plot is scrolled sideways, since its text could not be read were it shrunk.
        format!(
            "<div class=\"scroll plot\"><svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{label}\">"
        )
    }

    fn end(&self, mut out: String, height: f64) -> String {
        let base = height - BOTTOM;
        put(
            &mut out,
            format_args!(
                "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{:.2}\" y1=\"{base}\" y2=\"{base}\"/>",
                WIDTH - RIGHT
            ),
        );
        let every = tick(self.until);
        let mut at = 0.0;
        while at <= self.until {
            let anchor = if at > self.until * 0.97 { "end" } else { "middle" };
            put(
                &mut out,
                format_args!(
                    "<text x=\"{:.2}\" y=\"{:.2}\" text-anchor=\"{anchor}\">{}</text>",
                    self.x(at),
                    height - 6.0,
                    moment(at)
                ),
            );
            at += every;
        }
        out.push_str("</svg></div>\n");
        out
    }
}

fn label_left(out: &mut String, y: f64, text: &str) {
    put(
        out,
        format_args!(
            "<text x=\"{:.2}\" y=\"{:.2}\" text-anchor=\"end\">{text}</text>",
            LEFT - 6.0,
            y + 4.0
        ),
    );
}

/// How far apart the marks of the time axis are: six to twelve of them.
fn tick(until: f64) -> f64 {
    const STEPS: [f64; 16] = [
        1.0,
        5.0,
        10.0,
        30.0,
        60.0,
        300.0,
        600.0,
        1_800.0,
        3_600.0,
        7_200.0,
        14_400.0,
        43_200.0,
        86_400.0,
        259_200.0,
        604_800.0,
        2_592_000.0,
    ];
    STEPS.into_iter().find(|step| until / step <= 12.0).unwrap_or(2_592_000.0)
}

/// `2 d 6 h`, `1 h 30 min`, `5 min 10 s`, `7 s`: two units at most, and none that is zero.
fn moment(seconds: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s")];
    // Up to two days people count in hours.
    let from = usize::from(seconds < 2.0 * 86_400.0);
    let Some(first) = (from..UNITS.len()).find(|unit| seconds >= UNITS[*unit].0) else {
        return "0 s".to_owned();
    };
    let mut rest = seconds;
    let parts = UNITS[first..].iter().take(2).filter_map(|(length, unit)| {
        let whole = (rest / length).floor();
        rest -= whole * length;
        (whole > 0.0).then(|| format!("{whole:.0} {unit}"))
    });
    parts.collect::<Vec<_>>().join(" ")
}

fn decade_above(figure: f64) -> f64 {
    let mut decade = 10.0;
    while decade < figure {
        decade *= 10.0;
    }
    decade
}

fn decade_below(figure: f64) -> f64 {
    let mut decade = 1.0;
    while decade * 10.0 <= figure {
        decade *= 10.0;
    }
    decade
}

/// The decimal logarithm, for drawing: linear between powers of two, which is within a fiftieth of a decade and the
/// same on every machine.
fn digits(figure: f64) -> f64 {
    let (mut rest, mut twos) = (figure, 0.0);
    while rest >= 2.0 {
        rest /= 2.0;
        twos += 1.0;
    }
    (twos + rest - 1.0) * std::f64::consts::LOG10_2
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_at_most_two_units_and_none_that_is_zero() {
        for (seconds, text) in [
            (0.0, "0 s"),
            (7.0, "7 s"),
            (60.0, "1 min"),
            (310.0, "5 min 10 s"),
            (5_400.0, "1 h 30 min"),
            (7_201.0, "2 h"),
            (90_000.0, "25 h"),
            (194_400.0, "2 d 6 h"),
        ] {
            assert_eq!(moment(seconds), text);
        }
    }
}
