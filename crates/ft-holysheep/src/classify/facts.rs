//! What a body says, in whichever form it says it.
//!
//! OpenAI's envelope, flat objects, lists, FastAPI's `detail`, Google's `details`, a relay's copy of its
//! upstream's body as JSON text, pages, plain text, nothing.

use std::time::Duration;

use http::HeaderMap;
use serde_json::{Map, Value};

use super::pattern::{Pattern, identifier, plain};
use super::rule::Shape;
use super::success::{is_blocked, number};
use super::{details, hint};

/// Objects in objects and JSON texts in texts: deeper than this nobody nests, except to hurt.
const DEPTH: u8 = 8;
/// Entries that are read of a list.
const ENTRIES: usize = 16;
/// Bytes of text that words are looked for in.
const WORDS: usize = 8 * 1024;
/// Bytes of the provider's words that are kept for the caller.
const MESSAGE: usize = 2_000;

/// What was found in an answer, prepared for comparison.
pub(super) struct Facts {
    pub(super) shape: Shape,
    /// A status that the body gives, the innermost one.
    pub(super) status: Option<u16>,
    pub(super) codes: Vec<String>,
    pub(super) types: Vec<String>,
    pub(super) params: Vec<String>,
    /// Words that something ended with.
    pub(super) ends: Vec<String>,
    /// All texts, as patterns are compared with them.
    pub(super) words: String,
    /// A wait that stands in a field of the body.
    pub(super) wait: Option<Duration>,
    /// The answer quotes another provider's answer, or names it.
    pub(super) relayed: bool,
    pub(super) code: Option<String>,
    pub(super) vendor_type: Option<String>,
    pub(super) param: Option<String>,
    pub(super) message: Option<String>,
    /// What else stands in the error object.
    pub(super) details: Map<String, Value>,
    context: Option<u64>,
    texts: Vec<String>,
    status_is_relayed: bool,
}

impl Facts {
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Self {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
        let mut facts = Self {
            shape: Shape::Empty,
            status: None,
            codes: Vec::new(),
            types: Vec::new(),
            params: Vec::new(),
            ends: Vec::new(),
            words: String::new(),
            wait: None,
            relayed: false,
            code: None,
            vendor_type: None,
            param: None,
            message: None,
            details: Map::new(),
            context: None,
            texts: Vec::new(),
            status_is_relayed: false,
        };
        // AWS says the type in a header only, sometimes with a URL behind it.
        if let Some(name) = headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok()) {
            let name = name.split(':').next().unwrap_or(name);
            facts.add_type(name);
        }
        match body.first() {
            None => {}
            Some(b'<') => facts.read_page(&String::from_utf8_lossy(head(body))),
            Some(_) => match serde_json::from_slice(body) {
                Ok(value) => {
                    facts.shape = Shape::Json;
                    facts.visit(&value, 0, false);
                    facts.details = details::of(&value);
                }
                Err(_) => facts.read_text(&String::from_utf8_lossy(head(body))),
            },
        }
        facts.message = facts.texts.first().map(|text| cut(text, MESSAGE).to_owned());
        // A code that is a sentence speaks too: xAI's "Some resource has been exhausted".
        facts.texts.extend(facts.code.iter().filter(|code| code.contains(' ')).cloned());
        facts.words = plain(&facts.texts.join("\n"), WORDS);
        facts
    }

    /// The limit that the words give away, or a field that states it.
    pub(super) fn limit(&self, patterns: &[Pattern]) -> Option<u64> {
        let words = self.words.as_bytes();
        patterns
            .iter()
            .find_map(|pattern| pattern.find(words).flatten())
            .or(self.context)
            .filter(|&tokens| tokens > 0)
    }

    fn read_page(&mut self, page: &str) {
        self.shape = Shape::Html;
        for tag in ["title", "h1"] {
            self.texts.extend(element(page, tag));
        }
    }

    fn read_text(&mut self, text: &str) {
        // Some answer a stream's request with an event even when its status says failure.
        let event = text.lines().find_map(|line| line.strip_prefix("data:"));
        if let Some(Ok(value)) = event.map(serde_json::from_str::<Value>) {
            self.shape = Shape::Json;
            self.visit(&value, 0, false);
            return;
        }
        self.shape = Shape::Text;
        self.add_text(text, 0);
    }

    fn visit(&mut self, value: &Value, depth: u8, relayed: bool) {
        if depth > DEPTH {
            return;
        }
        match value {
            Value::Object(object) => self.visit_object(object, depth, relayed),
            Value::Array(list) => {
                for entry in list.iter().take(ENTRIES) {
                    self.visit(entry, depth + 1, relayed);
                }
            }
            Value::String(text) => self.add_text(text, depth),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn visit_object(&mut self, object: &Map<String, Value>, depth: u8, relayed: bool) {
        // The envelope's inside first: its words, code and type are the ones to show.
        for field in ["error", "Error", "Response", "x_groq"] {
            if let Some(value) = object.get(field) {
                self.visit(value, depth + 1, relayed);
            }
        }
        for (field, value) in object {
            match field.as_str() {
                "code" | "Code" | "error_code" | "errorCode" | "http_code" => {
                    self.add_code(value, relayed);
                }
                "status" | "statusCode" => self.add_status(value, relayed),
                "finish_reason" | "native_finish_reason" => self.add_end(value.as_str()),
                "type" | "error_type" | "errorType" | "__type" => {
                    if let Some(name) = value.as_str() {
                        self.add_type(name);
                    }
                }
                "reason" => {
                    if let Some(reason) = value.as_str() {
                        self.codes.push(identifier(reason));
                    }
                }
                "param" | "loc" => self.add_param(value),
                "message" | "Message" | "msg" | "detail" | "error_msg" | "errorMessage"
                | "error_message" | "status_msg" | "error_description" | "message_zh"
                | "details" | "errors" | "innererror" | "inner_error" | "choices" | "delta" => {
                    self.visit(value, depth + 1, relayed);
                }
                "metadata" | "cause" | "upstream_error" => {
                    // Who is named here is not who was asked.
                    self.relayed |= value.get("provider_name").is_some_and(Value::is_string);
                    self.visit(value, depth + 1, relayed);
                }
                "raw" => {
                    self.relayed = true;
                    match value {
                        Value::String(text) => self.add_text(text, depth),
                        other => self.visit(other, depth + 1, true),
                    }
                }
                "promptFeedback" | "prompt_feedback" if is_blocked(value) => {
                    self.codes.push(identifier("prompt_blocked"));
                    self.code.get_or_insert_with(|| "prompt_blocked".to_owned());
                }
                "base_resp" => self.visit_base_resp(value, depth),
                "quota_limit_value" | "quotaValue" if value == "0" => {
                    self.codes.push(identifier("quota_limit_value_0"));
                }
                "n_ctx" => self.context = value.as_u64(),
                _ => {
                    if let Some(wait) = hint::field(field, value) {
                        self.wait.get_or_insert(wait);
                    }
                }
            }
        }
        // RFC 9457: the title only repeats the status, so the detail is what was said.
        if let Some(title) = object.get("title") {
            self.visit(title, depth + 1, relayed);
        }
    }

    /// MiniMax answers 200 with its own status in here; its small numbers would clash with others' codes.
    fn visit_base_resp(&mut self, value: &Value, depth: u8) {
        let code = value.get("status_code").and_then(number).filter(|&code| code != 0);
        if let Some(code) = code {
            self.codes.push(identifier(&format!("base_resp_{code}")));
            self.code.get_or_insert_with(|| code.to_string());
            self.visit(value, depth + 1, false);
        }
    }

    fn add_code(&mut self, value: &Value, relayed: bool) {
        let code = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return,
        };
        if code.is_empty() || code == "0" {
            return;
        }
        match http_status(&code) {
            Some(status) => self.set_status(status, relayed),
            None => self.codes.push(identifier(&code)),
        }
        self.code.get_or_insert_with(|| cut(&code, 200).to_owned());
    }

    fn add_status(&mut self, value: &Value, relayed: bool) {
        match value {
            Value::Number(number) => {
                if let Some(status) = http_status(&number.to_string()) {
                    self.set_status(status, relayed);
                }
            }
            // Google's name of the status: RESOURCE_EXHAUSTED.
            Value::String(name) => {
                self.codes.push(identifier(name));
                self.add_end(Some(name));
            }
            _ => {}
        }
    }

    /// The innermost status is the cause; beside each other the first counts.
    fn set_status(&mut self, status: u16, relayed: bool) {
        if self.status.is_none() || (relayed && !self.status_is_relayed) {
            self.status = Some(status);
            self.status_is_relayed = relayed;
        }
    }

    /// A word that something ended with. None but a row of the table says what it means.
    pub(super) fn add_end(&mut self, word: Option<&str>) {
        self.ends.extend(word.filter(|word| !word.is_empty()).map(identifier));
    }

    fn add_type(&mut self, name: &str) {
        let name = name.trim();
        self.add_end(Some(name));
        if name.is_empty() || name == "error" {
            return;
        }
        self.types.push(identifier(name));
        self.vendor_type.get_or_insert_with(|| cut(name, 200).to_owned());
    }

    fn add_param(&mut self, value: &Value) {
        let param = match value {
            Value::String(text) => text.clone(),
            // FastAPI's path: ["body", "messages", 0].
            Value::Array(path) => path
                .iter()
                .filter(|step| *step != "body")
                .map(|step| step.as_str().map_or_else(|| step.to_string(), str::to_owned))
                .collect::<Vec<_>>()
                .join("."),
            _ => return,
        };
        if !param.is_empty() {
            let param = cut(&param, 200).to_owned();
            self.params.push(param.clone());
            self.param.get_or_insert(param);
        }
    }

    fn add_text(&mut self, text: &str, depth: u8) {
        let text = text.trim();
        if text.is_empty() || self.texts.len() >= ENTRIES {
            return;
        }
        let text = cut(text, WORDS);
        if !self.texts.iter().any(|known| known == text) {
            self.texts.push(text.to_owned());
        }
        if depth < DEPTH
            && let Some(inner) = quoted(text)
        {
            let known = self.codes.len() + self.types.len() + self.texts.len();
            self.visit(&inner, depth + 1, true);
            self.relayed |= self.codes.len() + self.types.len() + self.texts.len() > known;
        }
    }
}

/// The JSON object that a text quotes: `Error from provider(404): {"error": …}`.
fn quoted(text: &str) -> Option<Value> {
    let from = text.find('{')?;
    let mut values = serde_json::Deserializer::from_str(&text[from..]).into_iter::<Value>();
    values.next()?.ok().filter(|value| value.as_object().is_some_and(|it| !it.is_empty()))
}

fn http_status(code: &str) -> Option<u16> {
    code.parse().ok().filter(|status| (400..600).contains(status))
}

/// The first bytes of a body that is not JSON: enough for a title and a sentence.
fn head(body: &[u8]) -> &[u8] {
    &body[..body.len().min(WORDS)]
}

/// The text of a page's first element of this name, without the tags inside.
fn element(page: &str, tag: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let open = lower.find(&format!("<{tag}"))?;
    let from = open + lower[open..].find('>')? + 1;
    let to = from + lower[from..].find(&format!("</{tag}"))?;
    let mut text = String::new();
    let mut inside = true;
    for character in page[from..to].chars() {
        match character {
            '<' => inside = false,
            '>' => inside = true,
            other if inside => text.push(other),
            _ => {}
        }
    }
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// At most this many bytes, cut between characters.
fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}
