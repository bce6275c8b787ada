//! The question: from the command line, or from stdin.

use std::io::{self, IsTerminal, Read};

use crate::failure::Failure;

/// More is no question but a file that was piped in by mistake; providers refuse it as well.
const MOST: u64 = 16 << 20;

/// The question.
///
/// # Errors
/// When there is none, or it is not text.
pub(super) fn read(given: Option<&str>) -> Result<String, Failure> {
    let prompt = match given {
        Some(prompt) if prompt != "-" => prompt.to_owned(),
        None if io::stdin().is_terminal() => {
            return Err(Failure::usage(
                "there is no question; write it behind `ft chat`, or pipe it in",
            ));
        }
        _ => from(io::stdin().lock())?,
    };
    if prompt.trim().is_empty() {
        return Err(Failure::usage("the question is empty"));
    }
    Ok(prompt)
}

fn from(input: impl Read) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    input
        .take(MOST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::usage(format!("cannot read the question from stdin: {error}")))?;
    if bytes.len() as u64 > MOST {
        let most = MOST >> 20;
        return Err(Failure::usage(format!("the question on stdin is longer than {most} MiB")));
    }
    String::from_utf8(bytes).map_err(|_| Failure::usage("the question on stdin is not UTF-8 text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_text_of_a_sane_length() {
        assert_eq!(from("why?\n".as_bytes()).unwrap(), "why?\n");
        assert_eq!(from([0xff, 0xfe].as_slice()).unwrap_err().code(), 2);
        let endless = from(io::repeat(b'a')).unwrap_err();
        assert_eq!(endless.sentence(), Some("the question on stdin is longer than 16 MiB"));
    }

    #[test]
    fn a_blank_question_is_none() {
        assert_eq!(read(Some(" \n")).unwrap_err().code(), 2);
    }
}
