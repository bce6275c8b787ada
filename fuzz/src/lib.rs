//! Everything that reads foreign bytes, as fuzz targets.
//!
//! The folder is laid out as `cargo fuzz` wants it: with a nightly compiler, `cargo +nightly fuzz run stream` looks for
//! inputs by coverage. With any compiler, `cargo test -p ft-fuzz` reads the kept corpus and a fixed number of
//! mutations of it, and bounds what each may take; and `cargo run -p ft-fuzz --bin stream -- FILE` reads one input.

pub mod mutate;
pub mod targets;

use std::io;

/// Something that reads bytes, and panics when what it made of them breaks a promise.
pub type Target = fn(&[u8]);

/// Every target, by the name of its corpus.
pub const ALL: &[(&str, Target)] = &[
    ("stream", targets::stream),
    ("answer", targets::answer),
    ("request", targets::request),
    ("config", targets::config),
    ("scenario", targets::scenario),
    ("trace", targets::trace),
    ("retry_after", targets::retry_after),
];

/// Reads the files named on the command line.
///
/// # Errors
/// When one cannot be read.
///
/// # Panics
/// When the target finds a promise broken.
pub fn read_files(target: Target) -> io::Result<()> {
    for path in std::env::args_os().skip(1) {
        target(&std::fs::read(path)?);
    }
    Ok(())
}
