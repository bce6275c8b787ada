//! From a response to an answer or an error, with the secrets taken out.

use ft_core::chat::{Assembler, ChatResponse, Content, EmbeddingResponse};
use ft_core::{ErrorKind, ProviderError};
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::Shared;
use crate::ChunkReader;
use crate::classify::Verdict;
use crate::stream::read_whole;

impl Shared {
    pub(super) fn chat_answer(
        &self,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
        wanted: u32,
    ) -> Result<ChatResponse, ProviderError> {
        let (parsed, body) = read_whole::<ChatResponse>(body);
        let body = &*body;
        let classifier = &self.config.classifier;
        let good = |answer: &ChatResponse| {
            let mut messages = answer.choices.iter().map(|choice| &choice.message);
            !answer.choices.is_empty()
                && messages.all(|message| *message != ft_core::Message::default())
                && !classifier.is_fault_of_answer(answer)
        };
        let parsed = match parsed {
            Ok(answer) if good(&answer) => return Ok(answer),
            parsed => parsed,
        };
        if headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
        {
            return self.assembled(status, headers, body, wanted);
        }
        let wall = self.config.clock.wall();
        match (classifier.classify_success(status, headers, body, wall), parsed) {
            (Some(verdict), _) => Err(self.error(verdict, status, headers)),
            // A message that says nothing, as when reasoning has used up the limit.
            (None, Ok(mut answer)) => {
                for choice in &mut answer.choices {
                    if matches!(choice.message.content, Content::Absent) {
                        choice.message.content = Content::Null;
                    }
                }
                Ok(answer)
            }
            // Good by its outline and yet not readable: a field of the wrong type.
            (None, Err(_)) => Err(self.error(Verdict::of(ErrorKind::Garbled), status, headers)),
        }
    }

    /// The answer of a server that streams though it was not asked to.
    fn assembled(
        &self,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
        wanted: u32,
    ) -> Result<ChatResponse, ProviderError> {
        let mut reader = ChunkReader::new(self.config.classifier.clone())
            .with_choices(wanted)
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
            Ok(response)
                if !response.data.is_empty()
                    && !self.config.classifier.is_fault_beside(&response.extra) =>
            {
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
