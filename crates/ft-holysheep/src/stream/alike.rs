//! Chunks that differ from an earlier one in their text alone, as most of a stream's do.
//!
//! Such a chunk is not parsed: its text is read, and everything else is what it was. Parsing was half of what a
//! chunk cost.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use ft_core::chat::{ChatChunk, Piece};
use memchr::{memchr, memmem};

/// What a stream's next chunks are compared with.
#[derive(Default)]
pub(super) struct Alike {
    pattern: Option<Pattern>,
    /// Chunks in a row that were like no other.
    misses: u8,
}

struct Pattern {
    /// The event up to its text, with the quote that begins it.
    head: Vec<u8>,
    /// The event from the quote on that ends its text.
    tail: Vec<u8>,
    chunk: Arc<ChatChunk>,
    /// What is left out of the text that is passed on: a place in the head, or in the tail.
    hidden: Hidden,
}

enum Hidden {
    Nothing,
    Head(Range<usize>),
    Tail(Range<usize>),
}

/// Some vendors put something new into every chunk, such as OpenAI's `obfuscation`: there is no use in comparing.
const MOST_MISSES: u8 = 16;

const KEY: &[u8] = b"\"content\"";

impl Alike {
    /// The piece of an event that differs from the pattern in its text alone.
    pub(super) fn read(&mut self, data: &[u8]) -> Option<Piece> {
        let piece = self.pattern.as_ref()?.read(data)?;
        self.misses = 0;
        Some(piece)
    }

    /// Takes an event that had to be parsed for the pattern, if it is of the common kind. What is `hidden` of it is
    /// hidden of those that are like it.
    pub(super) fn learn(&mut self, data: &[u8], chunk: &ChatChunk, hidden: Option<Range<usize>>) {
        if self.misses < MOST_MISSES {
            self.misses += 1;
            self.pattern = Pattern::of(data, chunk, hidden);
        } else {
            self.pattern = None;
        }
    }
}

impl Pattern {
    fn of(data: &[u8], chunk: &ChatChunk, hidden: Option<Range<usize>>) -> Option<Self> {
        let [choice] = &chunk.choices[..] else { return None };
        let text = choice.delta.content.as_deref()?;
        // The key stands there once and nothing outside the text is escaped, so this is the key of that text.
        let key = memmem::find(data, KEY)?;
        let begin = key + KEY.len() + b":\"".len();
        let (head, rest) = data.split_at_checked(begin)?;
        if !head.ends_with(b":\"") || memchr(b'\\', head).is_some() {
            return None;
        }
        let tail = &rest[end_of_text(rest)?..];
        if memmem::find(rest, KEY).is_some() || memchr(b'\\', tail).is_some() {
            return None;
        }
        let chunk = Arc::new(chunk.clone());
        let of_tail = data.len() - tail.len();
        let hidden = match hidden {
            None => Hidden::Nothing,
            Some(place) if place.end <= head.len() => Hidden::Head(place),
            Some(place) if place.start >= of_tail => {
                Hidden::Tail(place.start - of_tail..place.end - of_tail)
            }
            Some(_) => return None,
        };
        let pattern = Self { head: head.to_vec(), tail: tail.to_vec(), chunk, hidden };
        // Whether others can be like it at all is up to what it says.
        Piece::with_text(&pattern.chunk, String::new(), Bytes::new())?;
        (pattern.text(data)? == text).then_some(pattern)
    }

    /// The text of an event that begins and ends like this one. An event of which more than the text is different
    /// has no text here: what stands between head and tail must be one string.
    fn text(&self, data: &[u8]) -> Option<String> {
        if !data.starts_with(&self.head) || !data.ends_with(&self.tail) {
            return None;
        }
        let text = data.get(self.head.len() - 1..=data.len() - self.tail.len())?;
        serde_json::from_slice(text).ok()
    }

    fn read(&self, data: &[u8]) -> Option<Piece> {
        let text = self.text(data)?;
        let place = match &self.hidden {
            Hidden::Nothing => None,
            Hidden::Head(place) => Some(place.clone()),
            Hidden::Tail(place) => {
                let tail = data.len() - self.tail.len();
                Some(tail + place.start..tail + place.end)
            }
        };
        Piece::with_text(&self.chunk, text, copied(data, place))
    }
}

/// The event as it is passed on. A copy: what was read with one small event must not stay in memory for as long as that.
pub(super) fn copied(data: &[u8], hidden: Option<Range<usize>>) -> Bytes {
    let Some(hidden) = hidden else { return Bytes::copy_from_slice(data) };
    let mut copy = Vec::with_capacity(data.len() - hidden.len());
    copy.extend_from_slice(&data[..hidden.start]);
    copy.extend_from_slice(&data[hidden.end..]);
    copy.into()
}

/// Where `"usage":null` stands in an event that has it among its own members, with the comma that parts it from the
/// others; `None` when it cannot be told from what else there is.
pub(super) fn null_usage(data: &[u8]) -> Option<Range<usize>> {
    const NULL_USAGE: &[u8] = b"\"usage\":null";
    let begin = memmem::find(data, NULL_USAGE)?;
    let end = begin + NULL_USAGE.len();
    if memmem::find(&data[end..], NULL_USAGE).is_some() {
        return None;
    }
    match (data.get(begin.checked_sub(1)?)?, data.get(end)?) {
        (b',', b',' | b'}') => Some(begin - 1..end),
        (b'{', b',') => Some(begin..end + 1),
        _ => None,
    }
}

/// Where the string that has begun ends.
fn end_of_text(rest: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', rest.get(at..)?)?;
        if rest[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chunk(data: &str) -> ChatChunk {
        serde_json::from_str(data).unwrap()
    }

    fn event(text: &str) -> String {
        format!(
            r#"{{"id":"a","novel":{{"b":[1.50]}},"choices":[{{"index":0,"delta":{{"content":{}}},"finish_reason":null}}]}}"#,
            serde_json::to_string(text).unwrap()
        )
    }

    fn learned(data: &str) -> Alike {
        let mut alike = Alike::default();
        alike.learn(data.as_bytes(), &chunk(data), null_usage(data.as_bytes()));
        alike
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_would_have_been_parsed(first in ".*", next in ".*") {
            let (first, next) = (event(&first), event(&next));
            let read = learned(&first).read(next.as_bytes());
            prop_assert_eq!(read.map(Piece::into_chunk), Some(chunk(&next)));
        }
    }

    #[test]
    fn a_null_that_is_hidden_of_one_is_hidden_of_all_that_are_like_it() {
        let text = |before: &str, text: &str, behind: &str| {
            format!(r#"{{{before}"choices":[{{"delta":{{"content":"{text}"}}}}]{behind}}}"#)
        };
        let null = r#""usage":null"#;
        for (before, behind) in [
            (format!("{null},"), String::new()),
            (format!(r#""a":1,{null},"#), r#","b":2"#.to_owned()),
            (String::new(), format!(",{null}")),
            (String::new(), format!(r#","a":1,{null},"b":2"#)),
        ] {
            let mut alike = learned(&text(&before, "one", &behind));
            let piece = alike.read(text(&before, "and two", &behind).as_bytes()).unwrap();
            let bare =
                |it: &str| it.replace(&format!("{null},"), "").replace(&format!(",{null}"), "");
            let expected = text(&bare(&before), "and two", &bare(&behind));
            assert_eq!(piece.raw().unwrap(), expected.as_bytes(), "{before} {behind}");
        }
        for unclear in [
            r#"{"usage":null}"#,
            r#"{"a":{"usage":null},"b":{"usage":null},"c":1}"#,
            r#"{"a\"usage":null,"b":1}"#,
        ] {
            assert_eq!(null_usage(unclear.as_bytes()), None, "{unclear}");
        }
    }

    #[test]
    fn what_differs_in_more_than_its_text_is_parsed() {
        let mut alike = learned(&event("a"));
        for other in [
            event("a").replace("null", "\"stop\""),
            event("a").replace("\"a\",\"novel", "\"b\",\"novel"),
            event("a").replace("\"content\":\"a\"", "\"content\":\"a\",\"role\":\"x\""),
            event("a").replace("\"content\":\"a\"", "\"content\":\"a\nb\""),
            event("a").replace("\"content\":\"a\"", "\"content\":\"a"),
            String::new(),
        ] {
            assert!(alike.read(other.as_bytes()).is_none(), "{other}");
        }
        assert!(alike.read(event("b").as_bytes()).is_some());
    }

    #[test]
    fn a_text_that_cannot_be_told_from_others_is_no_pattern() {
        for data in [
            r#"{"choices":[{"delta":{"content":"a"},"message":{"content":"a"}}]}"#,
            r#"{"choices":[{"delta":{"content": "a"}}]}"#,
            r#"{"kind":"content","choices":[{"delta":{"content":"a"}}]}"#,
            r#"{"x":{"content":"a"},"choices":[{"delta":{"\u0063ontent":"a"}}]}"#,
            r#"{"choices":[{"delta":{"content":"a"}},{"delta":{}}]}"#,
            r#"{"choices":[{"delta":{"content":null}}]}"#,
            r#"{"choices":[]}"#,
        ] {
            assert!(learned(data).read(data.as_bytes()).is_none(), "{data}");
        }
    }

    #[test]
    fn streams_whose_chunks_are_never_alike_are_not_compared_for_ever() {
        let mut alike = Alike::default();
        for at in 0..MOST_MISSES {
            let data = event("a").replace("\"a\",\"novel", &format!("\"{at}\",\"novel"));
            assert!(alike.read(data.as_bytes()).is_none());
            alike.learn(data.as_bytes(), &chunk(&data), None);
        }
        let data = event("a");
        alike.learn(data.as_bytes(), &chunk(&data), None);
        assert!(alike.read(data.as_bytes()).is_none());
    }
}
