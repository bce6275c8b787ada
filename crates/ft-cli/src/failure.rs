//! Why a command did not do what it was asked: a sentence for people and a code for shells.

use std::io;

/// How a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    sentence: Option<String>,
}

impl Failure {
    /// What was asked for could not be had.
    pub(crate) fn failed(sentence: impl Into<String>) -> Self {
        Self { code: 1, sentence: Some(sentence.into()) }
    }

    /// The command line or a setting cannot be used.
    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Self { code: 2, sentence: Some(sentence.into()) }
    }

    /// It failed, and everything about it has been said.
    pub(crate) const fn told(code: u8) -> Self {
        Self { code, sentence: None }
    }

    pub(crate) const fn code(&self) -> u8 {
        self.code
    }

    pub(crate) fn sentence(&self) -> Option<&str> {
        self.sentence.as_deref()
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        // The reader has what it wanted, as in `ft chat … | head -1`: stop without a word.
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::told(0);
        }
        Self::failed(format!("cannot write the output: {error}"))
    }
}
