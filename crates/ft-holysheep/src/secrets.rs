//! What must not be seen: keys, and whatever else proves who calls.

use std::fmt;

use ft_core::ApiKey;

/// Every secret of one provider, to be taken out of its texts.
pub(crate) struct Secrets(Vec<ApiKey>);

impl Secrets {
    /// The keys, and the values of headers and query fields whose names say that they are secret.
    pub(crate) fn new(keys: &[ApiKey], others: &[(String, String)]) -> Self {
        let others = others
            .iter()
            .filter(|(name, _)| is_secret(name))
            .flat_map(|(_, value)| value.split_ascii_whitespace())
            .filter(|word| word.len() >= 8)
            .filter_map(|word| ApiKey::new(word).ok());
        Self(keys.iter().cloned().chain(others).collect())
    }

    pub(crate) fn scrub(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| secret.scrub(&text))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

/// Whether a header or query field of this name holds a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["key", "token", "secret", "auth", "cookie", "password", "signature", "credential"]
        .iter()
        .any(|part| name.contains(part))
}
