//! Every form in which a provider says, under a success status, that an answer failed: one table, which the tests of
//! the reader, of the client and of the gateway run through all their paths.

use serde_json::{Value, json};

/// One way to say it.
pub(crate) struct Fault {
    pub(crate) name: String,
    /// The event's name in a stream.
    event: &'static str,
    /// Members of the chunk or the body.
    top: Value,
    /// Members of the choice.
    choice: Value,
    /// Members of the choice's delta or message.
    inner: Value,
    /// There is no choice at all.
    alone: bool,
    /// The kind of failure that it is, by its stable name.
    pub(crate) kind: &'static str,
}

/// Where in a stream it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Before any content.
    First,
    /// In an event of its own after content.
    AfterContent,
    /// In an event that also brings content.
    BesideContent,
    /// In an event that also says that all is well: `finish_reason: "stop"` and counted tokens.
    BesideFinish,
    /// In an event after the one with the finish reason.
    AfterFinish,
    /// In an event after the finish reason and the counted tokens.
    AfterUsage,
}

pub(crate) const PLACES: [Place; 6] = [
    Place::First,
    Place::AfterContent,
    Place::BesideContent,
    Place::BesideFinish,
    Place::AfterFinish,
    Place::AfterUsage,
];

/// What comes before the fault, where content does.
pub(crate) const HALF: &str = "Half of it";
/// What comes with it in [`Place::BesideContent`].
pub(crate) const MORE: &str = " and more";

impl Fault {
    fn of(name: impl Into<String>, kind: &'static str) -> Self {
        let (top, choice, inner) = (json!({}), json!({}), json!({}));
        Self { name: name.into(), event: "", top, choice, inner, alone: false, kind }
    }

    fn top(name: &str, members: Value, kind: &'static str) -> Self {
        Self { top: members, ..Self::of(name, kind) }
    }

    fn choice(name: &str, members: Value, kind: &'static str) -> Self {
        Self { choice: members, ..Self::of(name, kind) }
    }

    fn alone(name: &str, body: Value, kind: &'static str) -> Self {
        Self { top: body, alone: true, ..Self::of(name, kind) }
    }

    fn event(event: &'static str, data: Value, kind: &'static str) -> Self {
        let name = format!("event {event}");
        Self { event, top: data, alone: true, ..Self::of(name, kind) }
    }

    /// Whether it can stand there.
    pub(crate) fn fits(&self, place: Place) -> bool {
        let says_finish = self.choice.get("finish_reason").is_some();
        match place {
            Place::BesideContent => !self.alone,
            Place::BesideFinish => !self.alone && !says_finish,
            _ => true,
        }
    }

    /// Whether a body that is no stream can say it.
    pub(crate) fn is_plain(&self) -> bool {
        self.event.is_empty()
    }

    /// The body of a plain answer that says it.
    pub(crate) fn body(&self) -> String {
        let mut body = self.top.clone();
        if !self.alone {
            let mut message = json!({"role": "assistant", "content": HALF});
            merge(&mut message, &self.inner);
            let mut choice = json!({"index": 0, "message": message, "finish_reason": "stop"});
            merge(&mut choice, &self.choice);
            let usage = json!({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7});
            let mut whole = json!({"id": "a", "object": "chat.completion", "model": "m"});
            merge(&mut whole, &json!({"choices": [choice], "usage": usage}));
            merge(&mut whole, &body);
            body = whole;
        }
        body.to_string()
    }

    /// The body of a stream that says it there, as server-sent events.
    pub(crate) fn stream(&self, place: Place, done: bool) -> String {
        let content = (place != Place::First).then(|| chunk(HALF, Value::Null));
        let finish = matches!(place, Place::AfterFinish | Place::AfterUsage);
        let usage = json!({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7});
        let counted = json!({"id": "a", "choices": [], "usage": usage});
        let before = [
            Some(json!({"id": "a", "choices": [{"index": 0, "delta": {"role": "assistant"}}]})),
            content,
            finish.then(|| chunk("", json!("stop"))),
            (place == Place::AfterUsage).then(|| counted.clone()),
        ];
        let mut text: String =
            before.into_iter().flatten().map(|event| format!("data: {event}\n\n")).collect();
        if !self.event.is_empty() {
            text += &format!("event: {}\n", self.event);
        }
        text += &format!("data: {}\n\n", self.event_at(place, &usage));
        if done {
            text += "data: [DONE]\n\n";
        }
        text
    }

    fn event_at(&self, place: Place, usage: &Value) -> Value {
        if self.alone {
            return self.top.clone();
        }
        let (more, finish) = match place {
            Place::BesideContent => (MORE, Value::Null),
            Place::BesideFinish => ("", json!("stop")),
            _ => ("", Value::Null),
        };
        let mut event = chunk(more, finish);
        merge(&mut event["choices"][0]["delta"], &self.inner);
        merge(&mut event["choices"][0], &self.choice);
        if place == Place::BesideFinish {
            event["usage"] = usage.clone();
        }
        merge(&mut event, &self.top);
        event
    }
}

fn chunk(content: &str, finish: Value) -> Value {
    let choice = json!({"index": 0, "delta": {"content": content}, "finish_reason": finish});
    json!({"id": "a", "object": "chat.completion.chunk", "model": "m", "choices": [choice]})
}

fn merge(into: &mut Value, from: &Value) {
    let from = from.as_object().unwrap().clone();
    into.as_object_mut().unwrap().extend(from);
}

/// All of them.
pub(crate) fn all() -> Vec<Fault> {
    let died = || json!({"code": 502, "message": "Upstream died", "type": "upstream_error"});
    let throttled = || json!({"code": "rate_limit_exceeded", "message": "slow down"});
    let nested = json!({
        "code": 502, "message": "Provider returned error",
        "metadata": {"provider_name": "X", "raw": "{\"error\":{\"code\":429,\"message\":\"slow down\"}}"},
    });
    let mut all = vec![
        Fault::top("an error object", json!({"error": died()}), "server_error"),
        Fault::top("an error's text", json!({"error": "died"}), "server_error"),
        Fault::top("an error's number", json!({"error": 500}), "server_error"),
        Fault::top("an error that is true", json!({"error": true}), "server_error"),
        Fault::top("a list of errors", json!({"errors": [died()]}), "server_error"),
        Fault::top("an error in a list", json!({"error": [died()]}), "server_error"),
        Fault::top("a code of its own", json!({"error": throttled()}), "rate_limited"),
        Fault::top("a status as a number", json!({"error": {"code": 429}}), "rate_limited"),
        Fault::top("a status as text", json!({"error": {"code": "503"}}), "overloaded"),
        Fault::top("another's error in it", json!({"error": nested}), "rate_limited"),
        Fault::top("a refused key", json!({"error": {"code": 401, "message": "no"}}), "auth"),
        Fault::top(
            "an object that is one",
            json!({"object": "error", "message": "x"}),
            "server_error",
        ),
        Fault::top("a type that is one", json!({"type": "error"}), "server_error"),
        Fault::top("MiniMax's code", json!({"base_resp": {"status_code": 1002}}), "rate_limited"),
        Fault::top(
            "the same as text",
            json!({"base_resp": {"status_code": "1002"}}),
            "rate_limited",
        ),
        Fault::top("Groq's", json!({"x_groq": {"error": "over_capacity"}}), "server_error"),
        Fault::top("no success", json!({"success": false, "message": "died"}), "server_error"),
        Fault::top("not ok", json!({"ok": false}), "server_error"),
        Fault::top("a status in words", json!({"status": "error"}), "server_error"),
        Fault::top("a status beside", json!({"status": 503}), "overloaded"),
        Fault::top("a detail", json!({"detail": "died"}), "server_error"),
        Fault::top(
            "FastAPI's detail",
            json!({"detail": [{"msg": "x", "loc": ["body"]}]}),
            "server_error",
        ),
        Fault::top("a blocked prompt beside", blocked(), "content_filtered"),
        Fault::choice("the choice's error", json!({"error": died()}), "server_error"),
        Fault::choice("a native end", json!({"native_finish_reason": "error"}), "server_error"),
        Fault {
            inner: json!({"error": died()}),
            ..Fault::of("the message's error", "server_error")
        },
        Fault::alone("an error alone", json!({"error": died()}), "server_error"),
        Fault::alone("a message alone", json!({"message": "died", "code": 500}), "server_error"),
        Fault::alone("a code alone", json!({"code": 500}), "server_error"),
        Fault::alone("a status and a title", json!({"status": 500, "title": "x"}), "server_error"),
        Fault::alone("a detail alone", json!({"detail": "died"}), "server_error"),
        Fault::alone("not ok alone", json!({"ok": false}), "server_error"),
        Fault::alone(
            "Baidu's",
            json!({"error_msg": "died", "error_code": 336_100}),
            "server_error",
        ),
        Fault::alone(
            "Tencent's",
            json!({"Error": {"Code": "x", "Message": "died"}}),
            "server_error",
        ),
        Fault::alone("a list around it", json!([{"error": died()}]), "server_error"),
        Fault::alone("a blocked prompt", blocked(), "content_filtered"),
        Fault::event("error", json!({"message": "died"}), "server_error"),
        Fault::event("error", json!("died"), "server_error"),
        Fault::event("response.failed", json!({"response": {"error": died()}}), "server_error"),
        Fault::event("timeout", json!({"reason": "x"}), "timeout"),
        Fault::event("cancelled", json!({}), "interrupted"),
        Fault::event("err", json!({"x": 1}), "server_error"),
        Fault { alone: false, ..Fault::event("error", json!({}), "server_error") },
    ];
    for (word, kind) in [
        ("error", "server_error"),
        ("ERROR", "server_error"),
        ("failed", "server_error"),
        ("network_error", "server_error"),
        ("engine_error", "server_error"),
        ("MALFORMED_FUNCTION_CALL", "server_error"),
        ("insufficient_system_resource", "overloaded"),
        ("timeout", "timeout"),
        ("abort", "interrupted"),
        ("cancelled", "interrupted"),
        ("incomplete", "interrupted"),
    ] {
        let members = json!({"finish_reason": word});
        all.push(Fault::choice(&format!("the end {word}"), members, kind));
    }
    all
}

fn blocked() -> Value {
    json!({"promptFeedback": {"blockReason": "SAFETY"}})
}
