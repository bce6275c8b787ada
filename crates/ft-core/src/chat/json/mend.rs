//! Mending JSON that is nearly JSON: what readers of other languages take, and serde_json rightly does not.

use std::borrow::Cow;

/// Mends texts that could not be read as JSON, such as an answer's, or a stream's events one after the other.
///
/// - Half a surrogate pair becomes U+FFFD: one character is lost and not the answer. JavaScript cuts emoji in two, and
///   Python writes file names so.
/// - Bytes that are no UTF-8 become U+FFFD as well.
/// - A byte order mark is left out.
/// - `NaN` and `Infinity`, which Python writes and JSON does not have, become null, and `-Infinity` -9999.0, which is
///   OpenAI's word for a token that cannot be.
///
/// [`Mender::of_events`] puts a pair together whose halves end one event's text and begin the next one's.
#[derive(Clone, Debug, Default)]
pub struct Mender {
    joins: bool,
    /// Nothing but halves of pairs is mended.
    strict: bool,
    held: Vec<Held>,
}

/// A first half whose second one may follow.
#[derive(Clone, Debug)]
struct Held {
    choice: u64,
    field: Vec<u8>,
    half: [u8; ESCAPE],
}

/// Bytes of `\uXXXX`.
const ESCAPE: usize = 6;
const LOST: &[u8] = b"\\ufffd";
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The text without a byte order mark in front.
#[must_use]
pub fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(MARK).unwrap_or(text)
}

/// The text, mended; `None` when there is nothing to mend in it.
#[must_use]
pub fn mended(text: &[u8]) -> Option<Vec<u8>> {
    Mender::default().mend(text)
}

/// The text with each half of a pair replaced, and nothing else mended: what a request says must be told from what it
/// cannot have meant. `None` when there is no such half.
#[must_use]
pub fn paired(text: &[u8]) -> Option<Vec<u8>> {
    std::str::from_utf8(text).ok()?;
    Mender { strict: true, ..Mender::default() }.mend(text)
}

impl Mender {
    /// For the events of one stream.
    #[must_use]
    pub fn of_events() -> Self {
        Self { joins: true, ..Self::default() }
    }

    /// True when half a pair waits for the other: the next event must be mended even if it can be read.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.held.is_empty()
    }

    /// The text, mended; `None` when there is nothing to mend in it.
    #[must_use]
    pub fn mend(&mut self, text: &[u8]) -> Option<Vec<u8>> {
        let text = String::from_utf8_lossy(text);
        let bytes = without_mark(text.as_bytes());
        let changed = matches!(text, Cow::Owned(_)) || bytes.len() < text.len();
        let mut scan = Scan {
            text: bytes,
            out: Vec::with_capacity(bytes.len() + 16),
            at: 0,
            depth: 0,
            field: &[],
            choice: 0,
            changed,
        };
        while let Some(&byte) = bytes.get(scan.at) {
            match byte {
                b'"' => scan.string(self),
                b'{' | b'[' => scan.nest(1),
                b'}' | b']' => scan.nest(-1),
                b'N' if !self.strict && scan.instead(b"NaN", b"null") => {}
                b'I' if !self.strict && scan.instead(b"Infinity", b"null") => {}
                b'-' if !self.strict && scan.instead(b"-Infinity", b"-9999.0") => {}
                b'0'..=b'9' if scan.depth == CHOICE && scan.field == b"index" => scan.number(),
                _ => scan.copy(1),
            }
        }
        scan.changed.then_some(scan.out)
    }

    fn take(&mut self, choice: u64, field: &[u8]) -> Option<[u8; ESCAPE]> {
        let at = self.held.iter().position(|it| it.choice == choice && it.field == field)?;
        Some(self.held.swap_remove(at).half)
    }
}

/// How deep a choice's own members stand: in the event, in its list.
const CHOICE: i32 = 3;

struct Scan<'a> {
    text: &'a [u8],
    out: Vec<u8>,
    at: usize,
    depth: i32,
    /// The name of the member that is read.
    field: &'a [u8],
    /// The number of the choice that is read.
    choice: u64,
    changed: bool,
}

impl<'a> Scan<'a> {
    fn copy(&mut self, bytes: usize) {
        let end = (self.at + bytes).min(self.text.len());
        self.out.extend_from_slice(&self.text[self.at..end]);
        self.at = end;
    }

    fn nest(&mut self, by: i32) {
        self.depth += by;
        self.field = &[];
        self.copy(1);
    }

    fn instead(&mut self, word: &[u8], other: &[u8]) -> bool {
        let is_it = self.text[self.at..].starts_with(word);
        if is_it {
            self.out.extend_from_slice(other);
            self.at += word.len();
            self.changed = true;
        }
        is_it
    }

    fn number(&mut self) {
        let rest = &self.text[self.at..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = std::str::from_utf8(&rest[..digits]).ok().and_then(|it| it.parse().ok());
        self.choice = number.unwrap_or(u64::MAX);
        self.copy(digits);
    }

    /// A string, which begins here.
    fn string(&mut self, mender: &mut Mender) {
        let begin = self.at + 1;
        let end = closing(self.text, begin);
        let behind = self.text.get(end + 1..).unwrap_or_default().trim_ascii_start();
        let is_name = behind.first() == Some(&b':');
        self.copy(1);
        if is_name {
            self.field = &self.text[begin..end];
        } else if let Some(half) = mender.take(self.choice, self.field) {
            let goes_on = surrogate(&self.text[begin..end]).is_some_and(|it| !it);
            self.changed = true;
            if goes_on {
                self.out.extend_from_slice(&half);
                self.copy(ESCAPE);
            } else {
                self.out.extend_from_slice(LOST);
            }
        }
        while self.at < end {
            let rest = &self.text[self.at..end];
            match surrogate(rest) {
                None => {
                    // What is escaped is passed with its escape, so that `\\ud83d` is none.
                    let next = if rest[0] == b'\\' { 2 } else { 1 };
                    let more = rest.iter().skip(next).take_while(|&&byte| byte != b'\\').count();
                    self.copy((next + more).min(rest.len()));
                }
                Some(true) if rest.get(ESCAPE..).and_then(surrogate) == Some(false) => {
                    self.copy(2 * ESCAPE);
                }
                Some(first) => {
                    let last = rest.len() == ESCAPE;
                    match rest.first_chunk::<ESCAPE>() {
                        Some(half) if first && last && mender.joins && !is_name => {
                            let (choice, field) = (self.choice, self.field.to_vec());
                            mender.held.push(Held { choice, field, half: *half });
                        }
                        _ => self.out.extend_from_slice(LOST),
                    }
                    self.at += ESCAPE;
                    self.changed = true;
                }
            }
        }
        self.copy(1);
    }
}

/// Whether an escape that begins here is the first half of a pair, or the second; `None` for all else.
fn surrogate(text: &[u8]) -> Option<bool> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    let code = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    match code {
        0xD800..=0xDBFF => Some(true),
        0xDC00..=0xDFFF => Some(false),
        _ => None,
    }
}

/// Where the string ends whose text begins here; the end of all text if it does not.
fn closing(text: &[u8], begin: usize) -> usize {
    let mut at = begin;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn of(text: &str) -> Option<String> {
        mended(text.as_bytes()).map(|it| String::from_utf8(it).unwrap())
    }

    #[test]
    fn one_character_is_lost_of_half_a_pair() {
        assert_eq!(of(r#"{"a":"x\ud83dy"}"#).unwrap(), r#"{"a":"x\ufffdy"}"#);
        assert_eq!(of(r#"["\ude00\ud83d"]"#).unwrap(), r#"["\ufffd\ufffd"]"#);
        assert_eq!(
            of(r#"{"\ud83d":"\ud83d\ud83d\ude00"}"#).unwrap(),
            r#"{"\ufffd":"\ufffd\ud83d\ude00"}"#
        );
    }

    #[test]
    fn what_is_whole_stays_as_it_is() {
        for text in [
            r#"{"a":"\ud83d\ude00","b":"\\ud83d","c":"NaN -Infinity","d":"\"NaN"}"#,
            r#"{"a":"unclosed \"#,
            r#"{"a":"\u12"}"#,
            "",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_that_json_does_not_have_are_told_in_its_words() {
        let text = of(r#"{"a":[NaN,-Infinity,Infinity,-1,"NaN"]}"#).unwrap();
        assert_eq!(text, r#"{"a":[null,-9999.0,null,-1,"NaN"]}"#);
    }

    #[test]
    fn a_mark_and_bytes_of_another_encoding_are_no_reason_to_lose_the_rest() {
        assert_eq!(mended(b"\xef\xbb\xbf{}").unwrap(), b"{}");
        assert_eq!(mended(b"{\"a\":\"caf\xe9\"}").unwrap(), "{\"a\":\"caf\u{fffd}\"}".as_bytes());
    }

    #[test]
    fn of_a_request_nothing_is_mended_but_halves() {
        assert_eq!(paired(br#"["\ud83d",NaN]"#).unwrap(), br#"["\ufffd",NaN]"#);
        assert_eq!(paired(b"[NaN]"), None);
        assert_eq!(paired(b"[\"\\ud83d caf\xe9\"]"), None);
    }

    fn event(choice: u32, text: &str) -> String {
        format!(r#"{{"choices":[{{"index":{choice},"delta":{{"role":"a","content":"{text}"}}}}]}}"#)
    }

    fn texts(events: &[String]) -> Vec<String> {
        let mut mender = Mender::of_events();
        let text = |event: &String| {
            let mended = mender.mend(event.as_bytes());
            let value: Value =
                serde_json::from_slice(mended.as_deref().unwrap_or(event.as_bytes())).unwrap();
            value["choices"][0]["delta"]["content"].as_str().unwrap().to_owned()
        };
        events.iter().map(text).collect()
    }

    #[test]
    fn halves_of_two_events_are_put_together_again() {
        let events = [event(0, r"hi \ud83d"), event(1, r"\ude00"), event(0, r"\ude00!")];
        assert_eq!(texts(&events), ["hi ", "\u{fffd}", "😀!"]);
        let events = [event(0, r"hi \ud83d"), event(0, "you")];
        assert_eq!(texts(&events), ["hi ", "\u{fffd}you"]);
    }
}
