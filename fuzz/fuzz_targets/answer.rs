//! `cargo fuzz run answer`: see `ft_fuzz::targets::answer`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| ft_fuzz::targets::answer(data));

/// Without a fuzzing compiler it reads the files that it is given, which is how a finding is looked at.
#[cfg(not(fuzzing))]
fn main() -> std::io::Result<()> {
    ft_fuzz::read_files(ft_fuzz::targets::answer)
}
