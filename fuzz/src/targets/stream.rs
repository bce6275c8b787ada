//! A stream of server-sent events, in whatever pieces it comes.

use ft_core::chat::Assembler;
use ft_holysheep::{ChunkReader, Classifier, MalformedEvent};

/// A stream means the same however it was cut into pieces, has one end, and is no larger than what came.
///
/// # Panics
/// When that does not hold.
pub fn stream(data: &[u8]) {
    for policy in [MalformedEvent::Cut, MalformedEvent::Skip] {
        let whole = read(data, policy, usize::MAX);
        for piece in [1, 7, 64] {
            assert_eq!(whole, read(data, policy, piece), "in pieces of {piece}");
        }
        assert!(whole.len() <= 16 * data.len() + 4_096, "{} bytes of {}", whole.len(), data.len());
    }
}

/// What a reader has in the end: the answer, and the error if there was one.
fn read(data: &[u8], policy: MalformedEvent, piece: usize) -> String {
    let mut reader = ChunkReader::new(Classifier::builtin()).with_malformed_event(policy);
    let mut answer = Assembler::new();
    let mut failure = String::new();
    let mut take = |reader: &mut ChunkReader| {
        while let Some(item) = reader.next_item() {
            match item {
                Ok(chunk) => answer.push(&chunk),
                Err(verdict) => failure = format!("{:?} {:?}", verdict.kind, verdict.message),
            }
        }
    };
    for part in data.chunks(piece.min(data.len()).max(1)) {
        reader.push(part);
        take(&mut reader);
    }
    reader.end();
    take(&mut reader);
    assert!(reader.next_item().is_none(), "something came after the end");
    let answer = serde_json::to_string(&answer.finish()).unwrap_or_default();
    failure + &answer
}
