//! Words with gaps: `model * not found`, `maximum context length is #`.

use memchr::memmem::{self, Finder};

/// The most bytes of one sentence that a `*` stands for: a model's name, not a paragraph.
const GAP: usize = 120;

/// A text to be found, with `*` for a gap within a sentence and `#` for a number.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Vec<Token>);

#[derive(Clone, Debug)]
enum Token {
    /// With its search prepared: that costs more than most searches.
    Words(Box<Finder<'static>>),
    Gap,
    Number,
}

/// What was found: the number that stands at `#`, if the pattern has one.
pub(super) type Found = Option<u64>;

impl Pattern {
    pub(super) fn new(words: &str) -> Self {
        let words = plain(words, usize::MAX);
        let mut tokens = Vec::new();
        let mut rest = words.as_str();
        while !rest.is_empty() {
            let end = rest.find(['*', '#']).unwrap_or(rest.len());
            if end > 0 {
                let words = Finder::new(&rest.as_bytes()[..end]).into_owned();
                tokens.push(Token::Words(Box::new(words)));
            }
            match rest.as_bytes().get(end) {
                Some(b'*') => tokens.push(Token::Gap),
                Some(b'#') => tokens.push(Token::Number),
                _ => {}
            }
            rest = rest.get(end + 1..).unwrap_or("");
        }
        Self(tokens)
    }

    /// Finds the pattern in a text that went through [`plain`].
    pub(super) fn find(&self, text: &[u8]) -> Option<Found> {
        match self.0.first()? {
            Token::Words(words) => words
                .find_iter(text)
                .find_map(|at| follow(&self.0[1..], &text[at + words.needle().len()..])),
            Token::Gap => follow(&self.0[1..], text),
            Token::Number => number_starts(text).find_map(|at| follow(&self.0, &text[at..])),
        }
    }
}

/// Whether `text` begins with these tokens.
fn follow(tokens: &[Token], text: &[u8]) -> Option<Found> {
    let Some(token) = tokens.first() else { return Some(None) };
    match token {
        Token::Words(words) => follow(&tokens[1..], text.strip_prefix(words.needle())?),
        Token::Number => {
            let (number, length) = leading_number(text)?;
            follow(&tokens[1..], &text[length..]).map(|_| Some(number))
        }
        Token::Gap => {
            let window = &text[..text.len().min(GAP)];
            let window = &window[..memmem::find(window, b". ").unwrap_or(window.len())];
            match tokens.get(1) {
                // What follows the gap may reach beyond the window, it only has to begin in it.
                Some(Token::Words(words)) => words
                    .find_iter(text)
                    .take_while(|&at| at <= window.len())
                    .find_map(|at| follow(&tokens[1..], &text[at..])),
                Some(Token::Number) => {
                    number_starts(window).find_map(|at| follow(&tokens[1..], &text[at..]))
                }
                Some(Token::Gap) => follow(&tokens[1..], text),
                None => Some(None),
            }
        }
    }
}

fn number_starts(text: &[u8]) -> impl Iterator<Item = usize> {
    (0..text.len())
        .filter(|&at| text[at].is_ascii_digit() && (at == 0 || !text[at - 1].is_ascii_digit()))
}

/// The number that `text` begins with and its length: `131072`, `30,000`.
fn leading_number(text: &[u8]) -> Option<(u64, usize)> {
    let length = text
        .iter()
        .enumerate()
        .take_while(|&(at, byte)| {
            byte.is_ascii_digit()
                || (*byte == b',' && at > 0 && text.get(at + 1).is_some_and(u8::is_ascii_digit))
        })
        .count();
    let mut number: u64 = 0;
    for digit in text[..length].iter().filter(|byte| byte.is_ascii_digit()) {
        number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
    }
    (length > 0).then_some((number, length))
}

/// The text as patterns are compared with it: lower case, single spaces, plain quotes, at most `limit` bytes.
pub(super) fn plain(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit));
    let mut space = true;
    for given in text.chars() {
        if out.len() >= limit {
            break;
        }
        let character = match given {
            '\u{2018}' | '\u{2019}' => '\'',
            '\u{201c}' | '\u{201d}' => '"',
            other => other,
        };
        if character.is_whitespace() || character.is_control() {
            if !space {
                out.push(' ');
            }
            space = true;
        } else {
            out.extend(character.to_lowercase());
            space = false;
        }
    }
    out
}

/// A code or a type as it is compared: lower-case letters and digits only, and `*` in a pattern.
///
/// `RateLimitReached`, `rate_limit_reached` and `rate-limit-reached` are one.
pub(super) fn identifier(text: &str) -> String {
    text.chars()
        .filter(|character| character.is_alphanumeric() || *character == '*')
        .flat_map(char::to_lowercase)
        .take(200)
        .collect()
}

/// Whether an identifier is as the pattern says; `*` stands for any run.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut open = false;
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        open = true;
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    open || rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> Option<Found> {
        Pattern::new(pattern).find(plain(text, 8192).as_bytes())
    }

    #[test]
    fn a_gap_stays_within_one_sentence() {
        assert!(found("model * not found", "Model 'gpt-4.1' was not found").is_some());
        assert!(found("model * not found", "The model is fine. The file was not found").is_none());
        assert!(
            found("model * not found", &format!("model {} not found", "x".repeat(200))).is_none()
        );
    }

    #[test]
    fn a_number_is_read_where_the_pattern_has_it() {
        assert_eq!(found("limit is # tokens", "The limit is 30,000 tokens."), Some(Some(30_000)));
        assert_eq!(
            found("context limit: * > #", "context limit: 143653 + 64000 > 200000, so"),
            Some(Some(200_000))
        );
        assert_eq!(
            found("# maximum context", "with 131072 maximum context length"),
            Some(Some(131_072))
        );
        assert_eq!(found("limit is #", "limit is 99999999999999999999999"), None);
    }

    #[test]
    fn identifiers_of_all_spellings_are_one() {
        assert!(glob(&identifier("rate_limit*"), &identifier("RateLimitReached")));
        assert!(glob(
            &identifier("*tpm*exceeded"),
            &identifier("RateLimitExceeded.EndpointTPMExceeded")
        ));
        assert!(!glob("ratelimit", "ratelimited"));
        assert!(glob("*", ""));
        assert!(!glob("a*b*c", "acb"));
    }
}
