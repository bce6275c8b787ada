//! Every dependency may be used by everyone: licences are on a list, by SPDX expression.

use cargo_metadata::Metadata;

use super::Violation;

/// Permissive licences: they ask for a notice at most.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    // Data under permissive terms: the certificate authorities in webpki-roots.
    "CDLA-Permissive-2.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates under another licence, each with the argument for it. MPL-2.0 binds changes to its own
/// files only, and we change none; it is still argued crate by crate.
const ARGUED: &[(&str, &str, &str)] = &[(
    "libfuzzer-sys",
    "NCSA",
    "a notice is all it asks, as of BSD-3-Clause; only a fuzzing compiler builds it",
)];

pub(super) fn check(metadata: &Metadata) -> Vec<Violation> {
    let packages = metadata.packages.iter();
    let outside = packages.filter(|package| !metadata.workspace_members.contains(&package.id));
    outside
        .filter_map(|package| {
            let licence = package.license.as_deref();
            let advice = fault(package.name.as_str(), licence)?;
            Some(Violation::new("Cargo.lock", 1, "licence", advice))
        })
        .collect()
}

fn fault(name: &str, licence: Option<&str>) -> Option<String> {
    let Some(expression) = licence else {
        return Some(format!("{name} names no licence: use another crate"));
    };
    let argued = |id: &str| ARGUED.iter().any(|(krate, spdx, _)| *krate == name && *spdx == id);
    let good = |id: &str| ALLOWED.contains(&id) || argued(id);
    match Expression::new(expression).evaluate(&good) {
        Some(true) => None,
        Some(false) => Some(format!("{name} is under {expression}: argue for it or replace it")),
        None => Some(format!("{name}: cannot read the licence expression `{expression}`")),
    }
}

/// An SPDX expression being read: words, `OR`, `AND`, `WITH` and brackets; the slash of old
/// manifests means `OR`.
struct Expression {
    words: Vec<String>,
    at: usize,
}

impl Expression {
    fn new(text: &str) -> Self {
        let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
        Self { words: spaced.split_whitespace().map(str::to_owned).collect(), at: 0 }
    }

    /// Whether a user can comply by licences that are `good`; `None` if it cannot be read.
    fn evaluate(mut self, good: &dyn Fn(&str) -> bool) -> Option<bool> {
        let value = self.any(good)?;
        (self.at == self.words.len()).then_some(value)
    }

    fn any(&mut self, good: &dyn Fn(&str) -> bool) -> Option<bool> {
        let mut value = self.all(good)?;
        while self.take("OR") {
            value |= self.all(good)?;
        }
        Some(value)
    }

    fn all(&mut self, good: &dyn Fn(&str) -> bool) -> Option<bool> {
        let mut value = self.one(good)?;
        while self.take("AND") {
            value &= self.one(good)?;
        }
        Some(value)
    }

    fn one(&mut self, good: &dyn Fn(&str) -> bool) -> Option<bool> {
        if self.take("(") {
            let value = self.any(good)?;
            return self.take(")").then_some(value);
        }
        let value = good(self.next()?);
        // An exception grants more than the licence alone, so its name does not matter.
        if self.take("WITH") {
            self.next()?;
        }
        Some(value)
    }

    fn next(&mut self) -> Option<&str> {
        self.at += 1;
        self.words.get(self.at - 1).map(String::as_str)
    }

    fn take(&mut self, word: &str) -> bool {
        let taken = self.words.get(self.at).is_some_and(|next| next == word);
        self.at += usize::from(taken);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_needs_one_good_licence_and_a_sum_needs_all() {
        for good in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0 OR MIT",
            "Apache-2.0 AND ISC",
            "(MIT OR GPL-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
        ] {
            assert_eq!(fault("a", Some(good)), None, "{good}");
        }
        for bad in ["GPL-3.0", "MIT AND GPL-3.0", "AGPL-3.0 WITH a OR (LGPL-3.0)", "MPL-2.0"] {
            assert!(fault("a", Some(bad)).is_some(), "{bad}");
        }
    }

    #[test]
    fn an_expression_that_cannot_be_read_is_not_a_pass() {
        for broken in ["", "MIT OR", "(MIT", "MIT MIT", "OR"] {
            assert!(fault("a", Some(broken)).is_some(), "{broken}");
        }
        assert!(fault("a", None).is_some());
    }

    #[test]
    fn every_argued_licence_has_its_argument() {
        assert!(ARGUED.iter().all(|(_, _, reason)| !reason.is_empty()));
    }
}
