//! What makes an answer whole, once nothing more of it comes.

mod vectors;

use ft_core::chat::{Assembler, EmbeddingRequest, EmbeddingResponse};
use ft_core::{ChatResponse, ErrorKind, ProviderError};

use crate::asked::vectors_wanted;

/// Why an answer whose end was reached is not whole, when this many choices were asked for.
///
/// What an answer says of its own failure is the provider's to read; what is missing of it is seen here, for all
/// providers and for plain, streamed and assembled answers alike.
///
/// # Errors
/// [`ErrorKind::Garbled`] for one without choices. [`ErrorKind::Unsupported`] for one with fewer than were asked for:
/// there are servers that do not know `n`, and nothing is wrong with them.
pub(crate) fn check(answer: &ChatResponse, wanted: u32) -> Result<(), ProviderError> {
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX).min(Assembler::MOST_CHOICES);
    match answer.choices.len() {
        0 => Err(ProviderError::new(ErrorKind::Garbled).with_message("the answer has no choices")),
        came if came < wanted => Err(ProviderError::new(ErrorKind::Unsupported)
            .with_param("n")
            .with_message(format!("{came} of {wanted} choices came"))),
        _ => Ok(()),
    }
}

/// Why the vectors that came are not those that were asked for.
///
/// # Errors
/// [`ErrorKind::Garbled`].
pub(crate) fn check_vectors(
    answer: &EmbeddingResponse,
    request: &EmbeddingRequest,
) -> Result<(), ProviderError> {
    match vectors::fault(answer, vectors_wanted(request)) {
        Some(fault) => Err(ProviderError::new(ErrorKind::Garbled).with_message(fault)),
        None => Ok(()),
    }
}

/// Whether a stream's error is the connection's alone: nothing was said, and nothing is missing of an answer all of
/// whose choices have ended. Whatever a provider said came with a status.
pub(crate) fn is_end_of_connection(error: &ProviderError) -> bool {
    let broke = matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::Stalled);
    broke && error.status().is_none()
}
