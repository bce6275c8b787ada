//! A Rust file with its comments and the insides of its strings blanked out.
//!
//! Rules that look for words in code would otherwise stumble over their own names in prose and in
//! messages. This is a lexer of four states, not a parser: enough to know code from the rest and
//! to find the end of a block.

/// A source file, line by line.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) lines: Vec<Line>,
}

/// One line of it.
#[derive(Debug)]
pub(super) struct Line {
    /// The code: comments are spaces, the insides of strings are `~`.
    pub(super) code: String,
    /// Inside an item under `#[cfg(test)]`.
    pub(super) test: bool,
}

impl Source {
    pub(super) fn parse(text: &str) -> Self {
        let masked = mask(text);
        let mut lines: Vec<Line> =
            masked.lines().map(|code| Line { code: code.to_owned(), test: false }).collect();
        for (first, last) in test_blocks(&masked) {
            for line in lines.iter_mut().take(last + 1).skip(first) {
                line.test = true;
            }
        }
        Self { lines }
    }

    /// Number (from 1) and code of the lines outside tests.
    pub(super) fn product(&self) -> impl Iterator<Item = (usize, &str)> {
        self.all().zip(&self.lines).filter(|(_, line)| !line.test).map(|(numbered, _)| numbered)
    }

    /// Number (from 1) and code of every line.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines.iter().enumerate().map(|(index, line)| (index + 1, line.code.as_str()))
    }
}

/// Whether `word` stands in `code` on its own, not as part of a longer name.
pub(super) fn has_word(code: &str, word: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        !code[..at].chars().next_back().is_some_and(is_name)
            && !code[at + word.len()..].chars().next().is_some_and(is_name)
    })
}

fn mask(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let (end, kind) = token(&chars, at);
        for (offset, &c) in chars[at..end].iter().enumerate() {
            let edge = offset == 0 || at + offset + 1 == end;
            out.push(match kind {
                _ if c == '\n' => c,
                Kind::Code => c,
                Kind::Comment => ' ',
                Kind::Text if edge => c,
                Kind::Text => '~',
            });
        }
        at = end;
    }
    out
}

#[derive(Clone, Copy)]
enum Kind {
    Code,
    Comment,
    Text,
}

/// The token that starts at `at`: where it ends, and what it is.
fn token(chars: &[char], at: usize) -> (usize, Kind) {
    let next = chars.get(at + 1).copied();
    let after_name = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    match chars[at] {
        '/' if next == Some('/') => (find(chars, at, |c| c == '\n'), Kind::Comment),
        '/' if next == Some('*') => (block_comment_end(chars, at), Kind::Comment),
        '"' => (string_end(chars, at, '"'), Kind::Text),
        '\'' if next == Some('\\') || chars.get(at + 2) == Some(&'\'') => {
            (string_end(chars, at, '\''), Kind::Text)
        }
        'r' | 'b' | 'c' if !after_name => match raw_string_end(chars, at) {
            Some(end) => (end, Kind::Text),
            None => (at + 1, Kind::Code),
        },
        _ => (at + 1, Kind::Code),
    }
}

fn find(chars: &[char], from: usize, wanted: impl Fn(char) -> bool) -> usize {
    (from..chars.len()).find(|&at| wanted(chars[at])).unwrap_or(chars.len())
}

fn block_comment_end(chars: &[char], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while at + 1 < chars.len() {
        match (chars[at], chars[at + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') if depth == 1 => return at + 2,
            ('*', '/') => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
    }
    chars.len()
}

fn string_end(chars: &[char], start: usize, quote: char) -> usize {
    let mut at = start + 1;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// The end of `r"…"`, `r#"…"#`, `br"…"` and their kin; `None` for a name that starts so.
fn raw_string_end(chars: &[char], start: usize) -> Option<usize> {
    let r = find(chars, start, |c| c == 'r');
    if r > start + 1 {
        return None;
    }
    let quote = find(chars, r + 1, |c| c != '#');
    if chars.get(quote) != Some(&'"') {
        return None;
    }
    let hashes = quote - r - 1;
    let mut at = quote + 1;
    while at < chars.len() {
        let tail = &chars[at + 1..(at + 1 + hashes).min(chars.len())];
        if chars[at] == '"' && tail.len() == hashes && tail.iter().all(|&c| c == '#') {
            return Some(at + 1 + hashes);
        }
        at += 1;
    }
    Some(chars.len())
}

/// First and last line (from 0) of every item under `#[cfg(test)]`.
fn test_blocks(masked: &str) -> Vec<(usize, usize)> {
    let line_of = |at: usize| masked[..at].matches('\n').count();
    let mut blocks = Vec::new();
    for marker in ["#[cfg(test)]", "#[cfg(all(test,"] {
        for (start, _) in masked.match_indices(marker) {
            blocks.push((line_of(start), line_of(item_end(masked, start + marker.len()))));
        }
    }
    blocks
}

/// Where the item that follows ends: at its closing brace, or at a semicolon before any brace.
fn item_end(masked: &str, from: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, c) in masked[from..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return from + offset,
            '}' => depth -= 1,
            ';' if depth == 0 => return from + offset,
            _ => {}
        }
    }
    masked.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        mask(text)
    }

    #[test]
    fn comments_and_the_insides_of_strings_are_blank() {
        assert_eq!(code("a // b"), "a     ");
        assert_eq!(code("a /* b /* c */ d */ e"), "a                   e");
        assert_eq!(code(r#"f("x \" y") + g"#), r#"f("~~~~~~") + g"#);
        assert_eq!(code("r#\"a\"b\"# + c"), "r~~~~~~# + c");
        assert_eq!(code("let c = '\"'; 'a: loop {}"), "let c = '~'; 'a: loop {}");
        assert_eq!(code("b'\\'' + r#type"), "b'~~' + r#type");
    }

    #[test]
    fn a_string_over_two_lines_keeps_its_lines() {
        assert_eq!(code("\"a\nb\" c").lines().count(), 2);
    }

    #[test]
    fn only_the_items_under_cfg_test_are_tests() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {\"}\"}\n}\nfn c() {}\n";
        let source = Source::parse(text);
        let product: Vec<_> = source.product().map(|(line, _)| line).collect();
        assert_eq!(product, [1, 6]);
    }

    #[test]
    fn a_test_module_in_its_own_file_ends_at_the_semicolon() {
        let source = Source::parse("#[cfg(test)]\nmod tests;\nfn c() {}\n");
        let product: Vec<_> = source.product().map(|(line, _)| line).collect();
        assert_eq!(product, [3]);
    }

    #[test]
    fn a_word_is_not_found_inside_a_longer_one() {
        assert!(has_word("use tokio::time", "tokio"));
        assert!(!has_word("use my_tokio::time", "tokio"));
    }
}
