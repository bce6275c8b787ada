//! Prometheus' text format, read strictly: what a scraper would only warn of fails here.

use std::collections::{BTreeMap, BTreeSet};

/// A scraped text.
#[derive(Debug, Default)]
pub(crate) struct Scrape {
    pub(crate) help: BTreeMap<String, String>,
    pub(crate) kind: BTreeMap<String, String>,
    pub(crate) samples: Vec<Sample>,
}

/// One line with a value.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// The line's own name, a histogram's ending included.
    pub(crate) name: String,
    pub(crate) family: String,
    pub(crate) labels: BTreeMap<String, String>,
    /// As it stands in the text.
    pub(crate) value: String,
}

impl Scrape {
    pub(crate) fn read(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the text must end with a line end");
        let mut scrape = Self::default();
        let mut seen = BTreeSet::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect("help has a text");
                let old = scrape.help.insert(name.to_owned(), help.to_owned());
                assert!(old.is_none(), "two helps of {name}");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a type has a kind");
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                let old = scrape.kind.insert(name.to_owned(), kind.to_owned());
                assert!(old.is_none(), "two types of {name}");
            } else {
                assert!(!line.starts_with('#'), "an unknown comment: {line}");
                let sample = scrape.sample(line);
                assert!(seen.insert((sample.name.clone(), sample.labels.clone())), "twice: {line}");
                scrape.samples.push(sample);
            }
        }
        scrape
    }

    fn sample(&self, line: &str) -> Sample {
        let end = line.find(['{', ' ']).expect("a name ends");
        let (name, mut rest) = line.split_at(end);
        let letter =
            |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == ':';
        assert!(name.chars().all(letter) && !name.is_empty(), "{line}");
        let mut labels = BTreeMap::new();
        if let Some(inner) = rest.strip_prefix('{') {
            let mut at = inner;
            loop {
                let (label, after) = at.split_once("=\"").expect("a label has a value");
                let (value, after) = unquoted(after);
                assert!(labels.insert(label.to_owned(), value).is_none(), "{line}");
                match after.strip_prefix(',') {
                    Some(next) => at = next,
                    None => {
                        rest = after.strip_prefix('}').expect("labels end");
                        break;
                    }
                }
            }
        }
        let value = rest.trim().to_owned();
        assert!(value.parse::<f64>().is_ok(), "{line}");
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .filter_map(|ending| name.strip_suffix(ending))
            .find(|base| self.kind.get(*base).is_some_and(|kind| kind == "histogram"))
            .unwrap_or(name);
        assert!(self.kind.contains_key(family), "no type before {line}");
        assert!(self.help.contains_key(family), "no help before {line}");
        Sample { name: name.to_owned(), family: family.to_owned(), labels, value }
    }

    /// The names of all series, values aside.
    pub(crate) fn series(&self) -> BTreeSet<String> {
        self.samples.iter().map(|sample| format!("{}{:?}", sample.name, sample.labels)).collect()
    }

    /// The sum over the series of this name with these labels among theirs.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let with = |sample: &&Sample| {
            let has = |(label, value): &(&str, &str)| {
                sample.labels.get(*label).is_some_and(|own| own == value)
            };
            sample.name == name && labels.iter().all(has)
        };
        let found: Vec<_> = self.samples.iter().filter(with).collect();
        assert!(!found.is_empty(), "there is no series {name} {labels:?}");
        found.iter().map(|sample| sample.value.parse::<f64>().unwrap()).sum()
    }

    /// As [`sum`](Self::sum), of a value that counts.
    pub(crate) fn count(&self, name: &str, labels: &[(&str, &str)]) -> u64 {
        let sum = self.sum(name, labels);
        assert!(sum.fract() == 0.0 && sum >= 0.0, "{name} {labels:?} is {sum}");
        format!("{sum:.0}").parse().unwrap()
    }
}

/// The value up to its closing quote, and what follows that.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, &text[at + 1..]),
            '\\' => match letters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped @ ('\\' | '"'))) => value.push(escaped),
                other => panic!("an escape that there is not: {other:?}"),
            },
            letter => value.push(letter),
        }
    }
    panic!("a quote that is not closed: {text}")
}
