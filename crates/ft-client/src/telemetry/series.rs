//! Handles of single series, made once and used without allocation.

use metrics::{Counter, Gauge, Histogram, Label};

use super::family::{FAMILIES, Family, FamilyKind};

/// Gives every family its help text, as far as the recorder keeps such.
pub(super) fn describe() {
    for family in FAMILIES {
        match family.kind {
            FamilyKind::Counter => metrics::describe_counter!(family.name, family.help),
            FamilyKind::Gauge => metrics::describe_gauge!(family.name, family.help),
            FamilyKind::Histogram => metrics::describe_histogram!(family.name, family.help),
        }
    }
}

pub(super) fn counter(family: &Family, values: &[&str]) -> Counter {
    metrics::counter!(family.name, labels(family, values))
}

pub(super) fn gauge(family: &Family, values: &[&str]) -> Gauge {
    metrics::gauge!(family.name, labels(family, values))
}

pub(super) fn histogram(family: &Family, values: &[&str]) -> Histogram {
    metrics::histogram!(family.name, labels(family, values))
}

fn labels(family: &Family, values: &[&str]) -> Vec<Label> {
    debug_assert_eq!(family.labels.len(), values.len(), "{}", family.name);
    family
        .labels
        .iter()
        .zip(values)
        .map(|(&name, &value)| Label::new(name, value.to_owned()))
        .collect()
}
