//! The table as it is looked up, and the one that ships with this crate.

use std::sync::LazyLock;

use ft_core::{ErrorKind, Scope};
use serde::Deserialize;

use super::facts::Facts;
use super::pattern::{Pattern, glob, identifier, plain};
use super::rule::{Rule, Shape};
use crate::InvalidConfig;

/// A rule with its patterns prepared.
#[derive(Clone, Debug)]
pub(super) struct Row {
    status: Vec<u16>,
    not_status: Vec<u16>,
    code: Vec<String>,
    vendor_type: Vec<String>,
    param: Vec<String>,
    words: Vec<Pattern>,
    without: Vec<Pattern>,
    text: Vec<String>,
    shape: Vec<Shape>,
    end: Vec<String>,
    hinted: Option<bool>,
    pub(super) kind: ErrorKind,
    pub(super) scope: Scope,
}

impl Row {
    pub(super) fn compile(rule: &Rule, name: &str) -> Result<Self, InvalidConfig> {
        let conditions = rule.status.len()
            + rule.code.len()
            + rule.vendor_type.len()
            + rule.param.len()
            + rule.words.len()
            + rule.text.len()
            + rule.end.len()
            + rule.shape.len();
        if conditions == 0 {
            return Err(InvalidConfig::new(
                name,
                "a rule needs a condition: status, code, type, param, words, text, end or shape",
            ));
        }
        let lists = [
            ("code", &rule.code),
            ("type", &rule.vendor_type),
            ("param", &rule.param),
            ("words", &rule.words),
            ("without", &rule.without),
            ("text", &rule.text),
            ("end", &rule.end),
        ];
        for (field, list) in lists {
            if list.iter().any(|entry| plain(entry, usize::MAX).trim_matches(['*', ' ']).is_empty())
            {
                let rule = "an entry must not be empty, it would match everything";
                return Err(InvalidConfig::new(format!("{name}.{field}"), rule));
            }
        }
        let identifiers = |list: &[String]| list.iter().map(|entry| identifier(entry)).collect();
        let patterns = |list: &[String]| list.iter().map(|entry| Pattern::new(entry)).collect();
        Ok(Self {
            status: rule.status.clone(),
            not_status: rule.not_status.clone(),
            code: identifiers(&rule.code),
            vendor_type: identifiers(&rule.vendor_type),
            param: rule.param.clone(),
            words: patterns(&rule.words),
            without: patterns(&rule.without),
            text: rule.text.iter().map(|text| plain(text, usize::MAX)).collect(),
            shape: rule.shape.clone(),
            end: identifiers(&rule.end),
            hinted: rule.hinted,
            kind: rule.kind,
            scope: rule.scope.unwrap_or(rule.kind.default_scope()),
        })
    }

    pub(super) fn matches(&self, status: u16, facts: &Facts, hinted: bool) -> bool {
        let words = facts.words.as_bytes();
        (self.status.is_empty() || self.status.contains(&status))
            && !self.not_status.contains(&status)
            && self.hinted.is_none_or(|wanted| wanted == hinted)
            && (self.shape.is_empty() || self.shape.contains(&facts.shape))
            && any(&self.code, &facts.codes, glob)
            && any(&self.vendor_type, &facts.types, glob)
            && any(&self.param, &facts.params, is_part)
            && any(&self.end, &facts.ends, glob)
            && (self.text.is_empty() || self.text.iter().any(|text| text == facts.words.trim()))
            && (self.words.is_empty() || self.words.iter().any(|it| it.find(words).is_some()))
            && !self.without.iter().any(|it| it.find(words).is_some())
    }

    /// Whether this word says failure, by this row.
    pub(super) fn names_end(&self, identifier: &str) -> bool {
        self.end.iter().any(|word| glob(word, identifier))
    }
}

/// Whether one of the wanted entries meets one of those given; no wish is always met.
fn any(wanted: &[String], given: &[String], meets: impl Fn(&str, &str) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(|wish| given.iter().any(|it| meets(wish, it)))
}

/// Whether `param` is the field or something in it, such as `messages[3].content` of `messages`.
fn is_part(field: &str, param: &str) -> bool {
    param
        .strip_prefix(field)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.', '/']))
}

/// The table that ships with this crate, prepared once.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) version: u32,
    pub(super) rows: Vec<Row>,
    pub(super) limits: Vec<Pattern>,
    /// Sentences that are the same for everybody, as they are written there.
    fixed: Vec<(String, Pattern)>,
}

impl Table {
    /// The first of the fixed sentences that these words have.
    pub(super) fn wording(&self, words: &str) -> Option<&str> {
        let words = words.as_bytes();
        let found = self.fixed.iter().find(|(_, pattern)| pattern.find(words).is_some());
        found.map(|(text, _)| &**text)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    rule: Vec<Rule>,
    limits: Limits,
    fixed: Fixed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixed {
    text: Vec<String>,
}

const BUILTIN: &str = include_str!("../../data/classes.toml");

pub(super) fn builtin() -> &'static Table {
    // A test reads the file strictly, so what is left out here for an unreadable file never happens.
    static TABLE: LazyLock<Table> = LazyLock::new(|| parse(BUILTIN).unwrap_or_default());
    &TABLE
}

fn parse(text: &str) -> Result<Table, InvalidConfig> {
    let file: File = toml::from_str(text)
        .map_err(|error| InvalidConfig::new("classes.toml", error.message()))?;
    let rows = file
        .rule
        .iter()
        .enumerate()
        .map(|(at, rule)| Row::compile(rule, &format!("rule[{at}]")))
        .collect::<Result<_, _>>()?;
    let limits = file.limits.words.iter().map(|words| Pattern::new(words)).collect();
    let fixed =
        file.fixed.text.into_iter().map(|text| (text.clone(), Pattern::new(&text))).collect();
    Ok(Table { version: file.version, rows, limits, fixed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_table_can_be_read() {
        let table = parse(BUILTIN).unwrap();
        assert!(table.version >= 1);
        assert!(table.rows.len() > 50);
        // A gap could hold a prompt.
        assert!(table.fixed.iter().all(|(text, _)| !text.contains(['*', '#'])));
    }

    /// Code before type, type before words, then the status, how it ended last; the rows that overrule name what they overrule.
    #[test]
    fn rows_stand_in_the_order_of_their_weight() {
        let file: File = toml::from_str(BUILTIN).unwrap();
        let rank = |rule: &Rule| {
            if !rule.code.is_empty() {
                0
            } else if !rule.vendor_type.is_empty() {
                1
            } else if !(rule.words.is_empty() && rule.text.is_empty()) {
                2
            } else if rule.end.is_empty() {
                3
            } else {
                4
            }
        };
        // The overruling rows end before the first row that goes by its code alone.
        let plain_code =
            |rule: &Rule| rule.code.iter().any(|code| code == "context_length_exceeded");
        let from = file.rule.iter().position(plain_code).unwrap();
        let ranks: Vec<_> = file.rule[from..].iter().map(rank).collect();
        assert!(ranks.is_sorted(), "{ranks:?}");
        assert!(file.rule[..from].iter().all(|rule| rank(rule) < 3));
    }
}
