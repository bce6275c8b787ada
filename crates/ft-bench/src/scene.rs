//! What is asked for and what is answered: the model's name says which.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

/// One kind of request and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scene {
    /// A question and an answer of so many bytes.
    Plain(usize),
    /// A stream of so many chunks, all there at once.
    Burst(usize),
    /// A stream of so many chunks, one every [`PACE`].
    Paced(usize),
    /// A stream that begins and then stands still until its reader leaves.
    Held,
    /// An upstream that fails.
    Fault(Fault),
}

/// How it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fault {
    /// It answers 500.
    Status,
    /// It closes the connection without an answer.
    Drop,
    /// It begins a stream and breaks it off before anything was said.
    Cut,
}

/// From one chunk of a paced stream to the next: 100 tokens a second, as a fast model gives them.
pub(crate) const PACE: Duration = Duration::from_millis(10);

impl Fault {
    pub(crate) const ALL: [Self; 3] = [Self::Status, Self::Drop, Self::Cut];

    /// Its name, as the part of a model's.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Drop => "drop",
            Self::Cut => "cut",
        }
    }
}

impl Scene {
    /// The model that stands for it.
    pub(crate) fn model(self) -> String {
        match self {
            Self::Plain(bytes) => format!("plain-{bytes}"),
            Self::Burst(chunks) => format!("burst-{chunks}"),
            Self::Paced(chunks) => format!("paced-{chunks}"),
            Self::Held => "held".to_owned(),
            Self::Fault(fault) => format!("fault-{}", fault.name()),
        }
    }

    /// The scene of a model.
    pub(crate) fn of_model(model: &str) -> Option<Self> {
        let (kind, value) = model.split_once('-').unwrap_or((model, ""));
        Some(match kind {
            "plain" => Self::Plain(value.parse().ok()?),
            "burst" => Self::Burst(value.parse().ok()?),
            "paced" => Self::Paced(value.parse().ok()?),
            "held" => Self::Held,
            "fault" => Self::Fault(Fault::ALL.into_iter().find(|fault| fault.name() == value)?),
            _ => return None,
        })
    }

    /// The scene that a request's body asks for. Only looked for, not parsed: an upstream costs nothing here.
    pub(crate) fn of_body(body: &[u8]) -> Option<Self> {
        const FIELD: &str = "\"model\":\"";
        let head = String::from_utf8_lossy(&body[..body.len().min(512)]);
        if let Some(rest) = head.split(FIELD).nth(1) {
            return Self::of_model(rest.split('"').next()?);
        }
        // Some write the model last, or with blanks.
        let body: serde_json::Value = serde_json::from_slice(body).ok()?;
        Self::of_model(body["model"].as_str()?)
    }

    pub(crate) const fn is_streamed(self) -> bool {
        matches!(self, Self::Burst(_) | Self::Paced(_) | Self::Held | Self::Fault(Fault::Cut))
    }

    /// The body of a request, asking for this model: as large as its answer, a kibibyte for a stream.
    pub(crate) fn question(self, model: &str) -> Bytes {
        let bytes = match self {
            Self::Plain(bytes) => bytes,
            Self::Burst(_) | Self::Paced(_) | Self::Held | Self::Fault(_) => 1024,
        };
        let mut body = json!({
            "model": model,
            "messages": [
                { "role": "system", "content": "You are a helpful assistant." },
                { "role": "user", "content": words(bytes.saturating_sub(200)) },
            ],
            "temperature": 0.2,
        });
        if self.is_streamed() {
            body["stream"] = true.into();
        }
        body.to_string().into()
    }

    /// The body of a plain answer.
    pub(crate) fn answer(bytes: usize) -> Bytes {
        let answer = json!({
            "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
            "object": "chat.completion",
            "created": 1_741_570_283,
            "model": "gpt-4.1-2025-04-14",
            "choices": [{
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": words(bytes.saturating_sub(620)),
                    "refusal": null,
                    "annotations": [],
                },
                "logprobs": null,
                "finish_reason": "stop",
            }],
            "usage": {
                "prompt_tokens": 260,
                "completion_tokens": 120,
                "total_tokens": 380,
                "prompt_tokens_details": { "cached_tokens": 0, "audio_tokens": 0 },
                "completion_tokens_details": { "reasoning_tokens": 0, "audio_tokens": 0 },
            },
            "service_tier": "default",
            "system_fingerprint": "fp_b376dfbbd5",
        });
        answer.to_string().into()
    }

    /// The events of a stream with so many chunks of content: the role first, then words, the end, `[DONE]`.
    pub(crate) fn events(chunks: usize) -> Vec<Bytes> {
        let event = |delta: serde_json::Value, finish: Option<&str>| {
            let chunk = json!({
                "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
                "object": "chat.completion.chunk",
                "created": 1_741_570_283,
                "model": "gpt-4.1-2025-04-14",
                "service_tier": "default",
                "system_fingerprint": "fp_b376dfbbd5",
                "choices": [
                    { "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish },
                ],
            });
            Bytes::from(format!("data: {chunk}\n\n"))
        };
        let role = json!({ "role": "assistant", "content": "", "refusal": null });
        let mut events = vec![event(role, None)];
        let word = |at: usize| ([" some", " words", " more"])[at % 3];
        events.extend(
            (0..chunks.saturating_sub(2)).map(|at| event(json!({ "content": word(at) }), None)),
        );
        events.push(event(json!({}), Some("stop")));
        events.push(Bytes::from_static(b"data: [DONE]\n\n"));
        events
    }
}

/// So many bytes of prose.
fn words(bytes: usize) -> String {
    "The quick brown fox jumps over the lazy dog, and nobody minds. "
        .chars()
        .cycle()
        .take(bytes)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scene_is_found_again_in_its_question() {
        let faults = Fault::ALL.map(Scene::Fault);
        let scenes = [Scene::Plain(1024), Scene::Burst(100), Scene::Paced(100), Scene::Held];
        for scene in scenes.into_iter().chain(faults) {
            assert_eq!(Scene::of_body(&scene.question(&scene.model())), Some(scene));
        }
        assert_eq!(Scene::of_body(b"{}"), None);
    }

    #[test]
    fn questions_and_answers_are_as_large_as_they_say() {
        for bytes in [1024, 64 * 1024] {
            let scene = Scene::Plain(bytes);
            for body in [scene.question(&scene.model()), Scene::answer(bytes)] {
                assert!(body.len().abs_diff(bytes) < 100, "{} for {bytes}", body.len());
            }
        }
    }
}
