//! What is put together is what was sent: the answers of all streams of vendors, kept beside them.
//!
//! `FT_GOLDEN=write cargo test -p ft-holysheep --test it assembled` writes them again; what changes is then to be read.

use std::path::{Path, PathBuf};

use ft_core::ChatResponse;
use ft_core::chat::{Assembler, replay};
use ft_holysheep::{ChunkReader, Classifier};

fn folder(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data")).join(name)
}

fn streams() -> Vec<PathBuf> {
    let files = ["streams", "assembled"].map(|name| std::fs::read_dir(folder(name)).unwrap());
    let files = files.into_iter().flatten().map(|file| file.unwrap().path());
    let mut streams: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|it| it == "sse")).collect();
    streams.sort();
    streams
}

/// The answer as far as it goes, whatever ends it.
fn assembled(bytes: &[u8], piece: usize) -> ChatResponse {
    let mut reader = ChunkReader::new(Classifier::builtin());
    let mut whole = Assembler::new();
    for bytes in bytes.chunks(piece) {
        reader.push(bytes);
        while let Some(item) = reader.next_piece() {
            item.iter().for_each(|piece| whole.push_piece(piece));
        }
    }
    reader.end();
    while let Some(item) = reader.next_piece() {
        item.iter().for_each(|piece| whole.push_piece(piece));
    }
    whole.finish()
}

#[test]
fn each_vendors_stream_is_put_together_as_it_was_sent() {
    let mut seen = 0;
    for stream in streams() {
        let name = stream.file_stem().unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&stream).unwrap();
        let whole = assembled(&bytes, bytes.len());
        let text = serde_json::to_string_pretty(&whole).unwrap() + "\n";
        let kept = folder("assembled").join(format!("{name}.json"));
        if std::env::var_os("FT_GOLDEN").is_some_and(|it| it == "write") {
            std::fs::write(&kept, &text).unwrap();
        }
        let expected = std::fs::read_to_string(&kept).unwrap_or_default();
        assert_eq!(text, expected, "{name}");
        assert_eq!(assembled(&bytes, 1), whole, "{name}, byte by byte");
        seen += 1;
    }
    assert!(seen >= 48, "{seen}");
}

#[test]
fn an_answer_that_is_streamed_again_is_put_together_to_itself() {
    for stream in streams() {
        let bytes = std::fs::read(&stream).unwrap();
        let whole = assembled(&bytes, bytes.len());
        let mut again = Assembler::new();
        replay(whole.clone()).iter().for_each(|chunk| again.push(chunk));
        let text = |it: &ChatResponse| serde_json::to_value(it).unwrap();
        assert_eq!(text(&again.finish()), text(&whole), "{}", stream.display());
    }
}
