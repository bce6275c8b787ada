//! The figures, in the form that `cargo xtask bench` keeps.

use serde::Serialize;

/// One measured case: of whom (`id`), of what (`group`).
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Case {
    pub(crate) group: String,
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<String>,
    pub(crate) unit: Unit,
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Median absolute deviation.
    pub(crate) deviation: f64,
}

/// In what a case is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unit {
    /// Nanoseconds.
    Ns,
    Bytes,
    Count,
    Percent,
}

impl Case {
    /// The median of samples, the samples' quartiles, and how far they stray.
    pub(crate) fn of(group: impl Into<String>, id: &str, unit: Unit, samples: &[f64]) -> Self {
        let median = quantile(samples, 0.5);
        let strays: Vec<f64> = samples.iter().map(|sample| (sample - median).abs()).collect();
        Self {
            group: group.into(),
            id: id.to_owned(),
            value: None,
            unit,
            median,
            low: quantile(samples, 0.25),
            high: quantile(samples, 0.75),
            deviation: quantile(&strays, 0.5),
        }
    }

    pub(crate) fn with_value(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }
}

/// The quantile of samples, between two of them where it falls there; 0 of none.
pub(crate) fn quantile(samples: &[f64], share: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place among a few dozen samples"
    )]
    let (place, below) = {
        let place = share.clamp(0.0, 1.0) * last as f64;
        (place, place as usize)
    };
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (place - place.floor())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "halves are exact")]
    fn a_quantile_lies_between_its_neighbours() {
        assert_eq!(quantile(&[4.0, 1.0, 2.0, 3.0], 0.5), 2.5);
        assert_eq!(quantile(&[5.0], 0.25), 5.0);
        assert_eq!(quantile(&[], 0.5), 0.0);
        let case = Case::of("g", "i", Unit::Ns, &[1.0, 2.0, 3.0, 4.0, 100.0]);
        assert_eq!((case.median, case.low, case.high, case.deviation), (3.0, 2.0, 4.0, 1.0));
    }
}
