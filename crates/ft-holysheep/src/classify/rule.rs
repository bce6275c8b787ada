//! One row of the table, as it is written down.

use ft_core::{ErrorKind, Scope};
use serde::{Deserialize, Deserializer};

/// A row of the classification table: conditions, and what an answer that meets them all means.
///
/// Within a list one entry is enough. Codes and types are compared without case and punctuation, `*` stands for
/// any run; words are looked for in lower case with single spaces, `*` stands for up to 120 bytes of a sentence.
/// In a configuration file it is a table with these field names, `kind` and `scope` by their stable names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rule {
    /// The status in the body where there is one, else the HTTP status.
    #[serde(default)]
    pub status: Vec<u16>,
    /// Not these.
    #[serde(default)]
    pub not_status: Vec<u16>,
    /// The provider's own code.
    #[serde(default)]
    pub code: Vec<String>,
    /// The provider's own error type.
    #[serde(default, rename = "type")]
    pub vendor_type: Vec<String>,
    /// The field it names, or a part of it: `messages` also means `messages[3].content`.
    #[serde(default)]
    pub param: Vec<String>,
    /// Words that are found.
    #[serde(default)]
    pub words: Vec<String>,
    /// Words that are not found.
    #[serde(default)]
    pub without: Vec<String>,
    /// The whole text.
    #[serde(default)]
    pub text: Vec<String>,
    /// What the body is.
    #[serde(default)]
    pub shape: Vec<Shape>,
    /// The word that something ends with: a finish reason, the name of an event, or the type or status that stands
    /// beside an answer. A word that a row names says failure wherever it comes; others are the model's affair.
    #[serde(default)]
    pub end: Vec<String>,
    /// Whether the answer says how long to wait.
    #[serde(default)]
    pub hinted: Option<bool>,
    /// The class that follows.
    #[serde(deserialize_with = "kind")]
    pub kind: ErrorKind,
    /// How far it reaches; the kind's usual scope when absent.
    #[serde(default, deserialize_with = "scope")]
    pub scope: Option<Scope>,
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// JSON of any form.
    Json,
    /// Text that is neither JSON nor HTML.
    Text,
    /// A page.
    Html,
    /// Nothing but white space.
    Empty,
}

impl Rule {
    /// A row that leads to this kind and has no condition yet.
    #[must_use]
    pub fn to(kind: ErrorKind) -> Self {
        Self {
            status: Vec::new(),
            not_status: Vec::new(),
            code: Vec::new(),
            vendor_type: Vec::new(),
            param: Vec::new(),
            words: Vec::new(),
            without: Vec::new(),
            text: Vec::new(),
            shape: Vec::new(),
            end: Vec::new(),
            hinted: None,
            kind,
            scope: None,
        }
    }

    /// Adds a status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status.push(status);
        self
    }

    /// Adds a code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code.push(code.into());
        self
    }

    /// Adds a type.
    #[must_use]
    pub fn with_type(mut self, vendor_type: impl Into<String>) -> Self {
        self.vendor_type.push(vendor_type.into());
        self
    }

    /// Adds words to be found.
    #[must_use]
    pub fn with_words(mut self, words: impl Into<String>) -> Self {
        self.words.push(words.into());
        self
    }

    /// Adds a word that something ends with.
    #[must_use]
    pub fn with_end(mut self, word: impl Into<String>) -> Self {
        self.end.push(word.into());
        self
    }

    /// Sets how far the failure reaches.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }
}

fn kind<'de, D: Deserializer<'de>>(from: D) -> Result<ErrorKind, D::Error> {
    let name = String::deserialize(from)?;
    ErrorKind::from_name(&name).ok_or_else(|| {
        let known = ErrorKind::ALL.map(ErrorKind::as_str).join(", ");
        serde::de::Error::custom(format!("unknown kind `{name}`; one of {known}"))
    })
}

fn scope<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Scope>, D::Error> {
    let name = String::deserialize(from)?;
    Scope::from_name(&name).map(Some).ok_or_else(|| {
        serde::de::Error::custom(format!(
            "unknown scope `{name}`; one of call, target, credential, endpoint"
        ))
    })
}
