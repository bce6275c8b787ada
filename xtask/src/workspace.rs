//! Where the workspace is, and what cargo says is in it.

use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand};

use crate::Outcome;

/// The workspace root: the folder above this crate.
///
/// `cargo run` and `cargo test` name the crate's folder at run time; the folder it was built in is
/// right for a binary started by hand.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Members, their dependencies and the licences of everything below them.
///
/// # Errors
/// When cargo cannot read a manifest or fetch a dependency.
pub(crate) fn metadata(root: &Path) -> Outcome<Metadata> {
    Ok(MetadataCommand::new().manifest_path(root.join("Cargo.toml")).exec()?)
}
