//! A price file of LiteLLM, put over the catalogue.

use std::path::Path;

use ft_core::UnixMillis;
use ft_cost::{Catalogue, Day};

use crate::failure::Failure;
use crate::figures::grouped;
use crate::output::{Output, for_terminal};

/// Adds the file's rows, and says on stderr what became of them.
///
/// # Errors
/// When the file cannot be read, is no such file, or the day is none.
pub(super) fn add(
    catalogue: &mut Catalogue,
    file: &Path,
    as_of: Option<&str>,
    wall: UnixMillis,
    output: &mut Output,
) -> Result<(), Failure> {
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("--litellm: cannot read {name}: {error}")))?;
    let as_of = as_of.map_or_else(|| Day::of(wall).to_string(), str::to_owned);
    let import = Catalogue::import_litellm(&text, &as_of).map_err(|wrong| {
        let flag = if wrong.field() == "as_of" {
            "--as-of".to_owned()
        } else {
            format!("--litellm: {name}")
        };
        Failure::usage(format!("{flag}: {}: {}", wrong.field(), wrong.rule()))
    })?;
    let (rows, skipped) = (import.catalogue.len(), import.skipped.len());
    catalogue.extend(import.catalogue);
    let number = |count: usize| grouped(u64::try_from(count).unwrap_or(u64::MAX));
    let mut said = format!("{name}: {} rows read", number(rows));
    if let Some(first) = import.skipped.first() {
        said.push_str(&format!(
            ", {} left out, such as {}: {}",
            number(skipped),
            first.model,
            first.why
        ));
    }
    Ok(output.note(&for_terminal(&said))?)
}
