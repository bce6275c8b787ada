//! Where an encoding goes: into the hash, or to whoever wants to see it.

/// Takes the pieces of an encoding in order.
pub(super) trait Sink {
    /// The next bytes.
    fn raw(&mut self, bytes: &[u8]);

    /// One byte.
    fn byte(&mut self, byte: u8) {
        self.raw(&[byte]);
    }

    /// A count or length, seven bits a byte, low ones first; the last byte's high bit is clear, so no count is
    /// the beginning of another.
    fn count(&mut self, count: u64) {
        let mut rest = count;
        while rest >= 0x80 {
            self.byte(0x80 | low_bits(rest));
            rest >>= 7;
        }
        self.byte(low_bits(rest));
    }

    /// Text, its length first.
    fn text(&mut self, text: &str) {
        self.count(text.len() as u64);
        self.raw(text.as_bytes());
    }
}

const fn low_bits(value: u64) -> u8 {
    value.to_le_bytes()[0] & 0x7f
}

/// The size below which pieces are gathered before they are hashed.
///
/// One chunk of blake3: what fits in is hashed at once, without the hasher's stack for a tree of chunks, which is
/// twice as large and has to be made and moved.
const BUFFER: usize = 1_024;

/// blake3 behind a buffer: a call of the hasher for each length byte would cost more than the hashing.
pub(super) struct Hashing {
    buffer: [u8; BUFFER],
    filled: usize,
    /// Made for the first bytes that find no room.
    hasher: Option<blake3::Hasher>,
}

impl Hashing {
    pub(super) fn new() -> Self {
        Self { buffer: [0; BUFFER], filled: 0, hasher: None }
    }

    /// What was gathered goes into the hasher, and what had no room beside it.
    #[cold]
    fn flush(&mut self, further: &[u8]) {
        let hasher = self.hasher.get_or_insert_default();
        hasher.update(&self.buffer[..self.filled]).update(further);
        self.filled = 0;
    }

    pub(super) fn finish(&mut self) -> [u8; 32] {
        let rest = &self.buffer[..self.filled];
        let hash = match &mut self.hasher {
            None => blake3::hash(rest),
            Some(hasher) => hasher.update(rest).finalize(),
        };
        *hash.as_bytes()
    }
}

impl Sink for Hashing {
    #[inline]
    fn raw(&mut self, bytes: &[u8]) {
        if bytes.len() > BUFFER - self.filled {
            let further = if bytes.len() > BUFFER { bytes } else { &[] };
            self.flush(further);
            if !further.is_empty() {
                return;
            }
        }
        self.buffer[self.filled..self.filled + bytes.len()].copy_from_slice(bytes);
        self.filled += bytes.len();
    }

    #[inline]
    fn byte(&mut self, byte: u8) {
        if self.filled == BUFFER {
            self.flush(&[]);
        }
        self.buffer[self.filled] = byte;
        self.filled += 1;
    }
}

/// Hands each piece on.
pub(super) struct Through<'a, F: FnMut(&[u8])>(pub(super) &'a mut F);

impl<F: FnMut(&[u8])> Sink for Through<'_, F> {
    fn raw(&mut self, bytes: &[u8]) {
        (self.0)(bytes);
    }
}
