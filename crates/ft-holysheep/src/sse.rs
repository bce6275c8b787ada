//! Server-sent events, as the WHATWG standard reads them, from bytes that come in any pieces.
//!
//! Written here and not taken from a crate, for three things that those at hand do not do: a cap on what an
//! event may hold, so that an endless line costs memory up to the cap and no further; the field `error:` that
//! old llama.cpp servers send, which the standard ignores; and lines that are bare JSON. sseer 0.3.1 passes the
//! conformance cases and has none of these; eventsource-stream 0.2.3 panics on a byte-order mark.

/// The events of a stream, pushed in.
pub(crate) struct Parser {
    /// The line that has begun and not ended.
    line: Vec<u8>,
    name: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    is_error: bool,
    /// No line has ended yet, so a byte-order mark may stand before this one.
    at_start: bool,
    /// The last line ended with CR, so an LF that follows belongs to that end.
    after_cr: bool,
    most: usize,
}

/// One event.
#[derive(Clone, Copy)]
pub(crate) struct Event<'a> {
    /// What `event:` says; empty when it says nothing.
    pub(crate) name: &'a [u8],
    pub(crate) data: &'a [u8],
    /// It is an error: `event: error`, or a field named `error`.
    pub(crate) is_error: bool,
    /// A line of bare JSON, without a field name: no event by the standard.
    pub(crate) is_bare: bool,
}

/// An event is larger than the cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

impl Parser {
    /// A parser whose events hold at most `most` bytes each.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            line: Vec::new(),
            name: Vec::new(),
            data: Vec::new(),
            has_data: false,
            is_error: false,
            at_start: true,
            after_cr: false,
            most,
        }
    }

    /// Reads on, and hands each event that has ended to `take`.
    pub(crate) fn push(
        &mut self,
        mut bytes: &[u8],
        take: &mut impl FnMut(Event<'_>),
    ) -> Result<(), TooLarge> {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_cr) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', bytes) else {
                self.hold(bytes)?;
                return Ok(());
            };
            self.after_cr = bytes[end] == b'\r';
            if self.line.is_empty() {
                self.end_line(&bytes[..end], take)?;
            } else {
                self.hold(&bytes[..end])?;
                let line = std::mem::take(&mut self.line);
                let read = self.end_line(&line, take);
                self.line = line;
                self.line.clear();
                read?;
            }
            bytes = &bytes[end + 1..];
        }
        Ok(())
    }

    /// Ends the stream: what has begun counts as ended. The standard drops an event without its blank line;
    /// vendors leave that line out after their last event.
    pub(crate) fn finish(&mut self, take: &mut impl FnMut(Event<'_>)) -> Result<(), TooLarge> {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.end_line(&line, take)?;
        }
        self.dispatch(take);
        Ok(())
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), TooLarge> {
        if self.line.len() + self.data.len() + bytes.len() > self.most {
            self.line = Vec::new();
            return Err(TooLarge);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, line: &[u8], take: &mut impl FnMut(Event<'_>)) -> Result<(), TooLarge> {
        let line = match std::mem::take(&mut self.at_start) {
            true => line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line),
            false => line,
        };
        if line.is_empty() {
            self.dispatch(take);
            return Ok(());
        }
        if line[0] == b'{' {
            take(Event { name: b"", data: line, is_error: false, is_bare: true });
            return Ok(());
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(colon) => {
                let value = &line[colon + 1..];
                (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
            }
            None => (line, &b""[..]),
        };
        match field {
            b"data" => self.add(value)?,
            b"error" => {
                self.is_error = true;
                self.add(value)?;
            }
            b"event" => {
                self.name.clear();
                self.name.extend_from_slice(&value[..value.len().min(64)]);
            }
            // `id` and `retry` are for reconnecting, which would ask, and pay, again. An empty field is a comment.
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, value: &[u8]) -> Result<(), TooLarge> {
        if self.data.len() + value.len() > self.most {
            return Err(TooLarge);
        }
        if self.has_data {
            self.data.push(b'\n');
        }
        self.has_data = true;
        self.data.extend_from_slice(value);
        Ok(())
    }

    fn dispatch(&mut self, take: &mut impl FnMut(Event<'_>)) {
        if self.has_data {
            let is_error = self.is_error || self.name == b"error";
            take(Event { name: &self.name, data: &self.data, is_error, is_bare: false });
        }
        self.name.clear();
        self.data.clear();
        self.has_data = false;
        self.is_error = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events as `name|data`, an error marked with `!`, bare JSON with `?`.
    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let mut events = Vec::new();
        let mut parser = Parser::new(1024);
        let mut take = |event: Event<'_>| {
            let mark = if event.is_error {
                "!"
            } else if event.is_bare {
                "?"
            } else {
                ""
            };
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            events.push(format!("{mark}{}|{}", text(event.name), text(event.data)));
        };
        for piece in pieces {
            parser.push(piece, &mut take).unwrap();
        }
        parser.finish(&mut take).unwrap();
        events
    }

    #[test]
    fn all_line_ends_and_all_cuts_give_the_same_events() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ": hi\n\nevent: x\ndata: a\ndata:b\nid: 1\n\ndata:  c: d\n\ndata\n\n"
                .replace('\n', end);
            let wanted = ["x|a\nb", "| c: d", "|"];
            assert_eq!(read(&[text.as_bytes()]), wanted, "{end:?}");
            let bytes: Vec<_> = text.as_bytes().chunks(1).collect();
            assert_eq!(read(&bytes), wanted, "{end:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_skipped_once() {
        assert_eq!(read(&["\u{feff}data: a\n\n\u{feff}data: b\n\n".as_bytes()]), ["|a"]);
        assert_eq!(read(&[b"\xef", b"\xbb", b"\xbfdata: a\n\n"]), ["|a"]);
    }

    #[test]
    fn the_last_event_needs_no_blank_line() {
        assert_eq!(read(&[b"data: a\n\ndata: b"]), ["|a", "|b"]);
    }

    #[test]
    fn errors_come_as_an_event_or_as_a_field() {
        assert_eq!(
            read(&[b"event: error\ndata: a\n\nerror: b\n\ndata: c\n\n"]),
            ["!error|a", "!|b", "|c"]
        );
        assert_eq!(read(&[b"{\"error\":1}\n"]), ["?|{\"error\":1}"]);
    }

    #[test]
    fn an_endless_line_or_event_meets_the_cap() {
        let mut parser = Parser::new(100);
        let mut none = |_: Event<'_>| unreachable!();
        let piece = [b'x'; 40];
        assert_eq!(parser.push(&piece, &mut none), Ok(()));
        assert_eq!(parser.push(&piece, &mut none), Ok(()));
        assert_eq!(parser.push(&piece, &mut none), Err(TooLarge));
        let mut parser = Parser::new(100);
        let lines = "data: 0123456789\n".repeat(12);
        assert_eq!(parser.push(lines.as_bytes(), &mut none), Err(TooLarge));
    }
}
