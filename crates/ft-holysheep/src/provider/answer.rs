//! From a response to an answer or an error, with the secrets taken out.

use ft_core::chat::{Assembler, ChatResponse, EmbeddingResponse};
use ft_core::{ErrorKind, ProviderError};
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::Shared;
use crate::ChunkReader;
use crate::classify::{Verdict, carries_error, is_error};
use crate::stream::read_whole;

impl Shared {
    pub(super) fn chat_answer(
        &self,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<ChatResponse, ProviderError> {
        let (response, body) = read_whole::<ChatResponse>(body);
        let body = &*body;
        if let Ok(response) = response
            && is_plain_answer(&response)
        {
            return Ok(response);
        }
        if headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
        {
            return self.assembled(status, headers, body);
        }
        let wall = self.config.clock.wall();
        let verdict = self.config.classifier.classify_success(status, headers, body, wall);
        // Good by its outline and yet not readable: a field of the wrong type.
        let verdict = verdict.unwrap_or_else(|| Verdict::of(ErrorKind::Garbled));
        Err(self.error(verdict, status, headers))
    }

    /// The answer of a server that streams though it was not asked to.
    fn assembled(
        &self,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<ChatResponse, ProviderError> {
        let mut reader = ChunkReader::new(self.config.classifier.clone())
            .with_max_event(self.config.max_event)
            .with_malformed_event(self.config.malformed_event);
        reader.push(body);
        reader.end();
        let mut whole = Assembler::new();
        while let Some(item) = reader.next_item() {
            whole.push(&item.map_err(|verdict| self.error(verdict, status, headers))?);
        }
        Ok(whole.finish())
    }

    pub(super) fn embedding_answer(
        &self,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<EmbeddingResponse, ProviderError> {
        let (response, body) = read_whole::<EmbeddingResponse>(body);
        match response {
            Ok(response) if !response.data.is_empty() && !carries_error(&response.extra) => {
                Ok(response)
            }
            _ => {
                let wall = self.config.clock.wall();
                let verdict = self.config.classifier.classify_success(status, headers, &body, wall);
                let verdict = verdict.unwrap_or_else(|| Verdict::of(ErrorKind::Garbled));
                Err(self.error(verdict, status, headers))
            }
        }
    }

    /// The error of an answer that was judged.
    pub(super) fn error(
        &self,
        verdict: Verdict,
        status: u16,
        headers: &HeaderMap,
    ) -> ProviderError {
        self.stamp(verdict.into_error(|text| self.secrets.scrub(text)), status, headers)
    }

    pub(super) fn stamp(
        &self,
        error: ProviderError,
        status: u16,
        headers: &HeaderMap,
    ) -> ProviderError {
        let error = error.with_status(status);
        match self.request_id(headers) {
            Some(id) => error.with_request_id(id),
            None => error,
        }
    }

    /// The provider's id of the request, for its support.
    pub(super) fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        let names = ["x-request-id", "request-id", "x-generation-id", "apim-request-id", "cf-ray"];
        let id = names.iter().find_map(|name| headers.get(*name)?.to_str().ok())?;
        let id = &id[..id.floor_char_boundary(200)];
        (!id.is_empty()).then(|| self.secrets.scrub(id))
    }
}

/// Whether a parsed answer is one beyond doubt: a choice with a message, and no error beside it.
fn is_plain_answer(response: &ChatResponse) -> bool {
    !response.choices.is_empty()
        && response.object != "error"
        && !carries_error(&response.extra)
        && response.choices.iter().all(|choice| {
            choice.message != ft_core::Message::default()
                && !choice.extra.get("error").is_some_and(is_error)
        })
}
