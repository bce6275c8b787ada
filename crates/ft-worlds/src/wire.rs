//! Failures that come under status 200, as vendors send them: only a reader of the wire can tell them from an answer.

use ft_sim::Reply;
use serde_json::{Value, json};

/// One failure: what the last event of a stream is, and how a plain answer looks.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    /// Who is known to send it.
    pub name: &'static str,
    /// Written over the event that ends the stream; `null`: there is none, and `[DONE]` follows.
    last: fn() -> Value,
    /// Written over a plain answer.
    plain: fn() -> Value,
}

/// All of them.
pub const FAILURES: &[Failure] = &[
    Failure { name: "finish_reason error", last: || finish("error"), plain: || finish("error") },
    Failure {
        name: "finish_reason network_error",
        last: || finish("network_error"),
        plain: || finish("network_error"),
    },
    Failure { name: "finish_reason abort", last: || finish("abort"), plain: || finish("abort") },
    Failure {
        name: "finish_reason insufficient_system_resource",
        last: || finish("insufficient_system_resource"),
        plain: || finish("insufficient_system_resource"),
    },
    Failure { name: "an error beside stop", last: error_beside_stop, plain: error_beside_stop },
    Failure { name: "an error beside error", last: error_beside_error, plain: error_beside_error },
    Failure { name: "a choice's error", last: choice_error, plain: choice_error },
    Failure { name: "base_resp", last: base_resp, plain: base_resp },
    Failure {
        name: "a bare code",
        last: || json!({"code": 500, "message": "it broke"}),
        plain: || json!({"code": 500, "message": "it broke"}),
    },
];

fn finish(word: &str) -> Value {
    json!({"choices": [{"index": 0, "finish_reason": word}]})
}

fn error_beside_stop() -> Value {
    json!({"error": {"code": 502, "message": "it broke"}, "choices": [{"index": 0, "finish_reason": "stop"}]})
}

fn error_beside_error() -> Value {
    json!({"error": {"code": "server_error", "message": "it broke"}, "choices": [{"index": 0, "finish_reason": "error"}]})
}

fn choice_error() -> Value {
    json!({"choices": [{"index": 0, "finish_reason": "error", "error": {"code": 500, "message": "it broke"}}]})
}

fn base_resp() -> Value {
    json!({"base_resp": {"status_code": 1002, "status_msg": "it broke"}, "choices": [{"index": 0, "finish_reason": "stop"}]})
}

impl Failure {
    /// A reply that says this much and then fails so.
    #[must_use]
    pub fn reply(&self, so_far: &str, stream: bool) -> Reply {
        if !stream {
            let mut answer = (self.plain)();
            if let Some(choice) = answer.pointer_mut("/choices/0").and_then(Value::as_object_mut) {
                choice
                    .insert("message".to_owned(), json!({"role": "assistant", "content": so_far}));
            }
            return Reply::ok().body(answer);
        }
        let begun =
            json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": so_far}}]});
        let mut last = (self.last)();
        if let Some(choice) = last.pointer_mut("/choices/0").and_then(Value::as_object_mut) {
            choice.insert("delta".to_owned(), json!({"content": ""}));
        }
        Reply::events([begun.to_string(), last.to_string(), "[DONE]".to_owned()])
    }
}
