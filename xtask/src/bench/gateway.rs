//! The gateway beside a minimal proxy and nginx, as `ft-bench` measures it.

use super::binary::Binaries;
use super::results::Results;
use super::{Run, machine};
use crate::Outcome;

/// The part's name in results and on the page.
pub(super) const PART: &str = "gateway";

/// Builds `ft` and `ft-bench` and lets the one measure the other.
///
/// # Errors
/// When they do not compile, or a request fails that must not.
pub(super) fn measure(run: &Run<'_>, results: &mut Results) -> Outcome<Vec<String>> {
    let binaries = Binaries::build(run)?;
    let mut left_out = Vec::new();
    match machine::version("nginx", &["-v"]) {
        Some(version) => {
            let version = version.trim_start_matches("nginx version: ").to_owned();
            results.versions.insert("nginx".to_owned(), version);
        }
        None => left_out.push("nginx: not installed, so that nothing stands beside it".to_owned()),
    }
    let ft = binaries.ft();
    let mut args = vec!["run", "--ft", &ft];
    args.extend(run.quick.then_some("--quick"));
    results.replace(PART, PART, binaries.cases(run, &args)?);
    Ok(left_out)
}
