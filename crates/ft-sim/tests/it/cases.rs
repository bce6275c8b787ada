//! Every reply, and what a reader gets of it on each stage.

use std::time::Duration;

use ft_core::Usage;
use ft_sim::{Outcome, Reply};
use serde_json::json;

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) reply: Reply,
    /// In-process, plain and streamed: the pieces, then `end`, the error's kind, or `silent`.
    pub(crate) here: [&'static str; 2],
    /// Over HTTP, plain and streamed: status, the pieces, then `end`, `cut`, `reset` or `silent`.
    pub(crate) wire: [&'static str; 2],
    pub(crate) outcome: Outcome,
}

fn case(
    name: &'static str,
    reply: Reply,
    here: [&'static str; 2],
    wire: [&'static str; 2],
    outcome: Outcome,
) -> Case {
    Case { name, reply, here, wire, outcome }
}

fn three() -> Reply {
    Reply::text("one two three")
}

pub(crate) fn cases() -> Vec<Case> {
    let ms = Duration::from_millis;
    let limited = json!({"code": "rate_limit_exceeded", "message": "busy"});
    let whole = "role one two three finish:stop usage:2+4";
    let whole_wire = "200 role one two three finish:stop usage:2+4 done end";
    let plain = "one two three finish:stop usage:2+4 end";
    let plain_wire = "200 one two three finish:stop usage:2+4 end";
    let end = |text: &str| -> &'static str { Box::leak(format!("{text} end").into_boxed_str()) };
    vec![
        case("answer", three(), [plain, end(whole)], [plain_wire, whole_wire], Outcome::Answered),
        case(
            "given chunks",
            Reply::chunks(["on", "et", "wo"]),
            ["onetwo finish:stop usage:2+2 end", "role on et wo finish:stop usage:2+2 end"],
            [
                "200 onetwo finish:stop usage:2+2 end",
                "200 role on et wo finish:stop usage:2+2 done end",
            ],
            Outcome::Answered,
        ),
        case(
            "waits",
            three().latency(ms(3)).first_token(ms(2)).per_chunk(ms(1)),
            [plain, end(whole)],
            [plain_wire, whole_wire],
            Outcome::Answered,
        ),
        case(
            "drip",
            three().drip(ms(1)),
            [plain, end(whole)],
            [plain_wire, whole_wire],
            Outcome::Answered,
        ),
        case(
            "status 429",
            Reply::throttled(ms(1_500)),
            ["rate_limited(1.5s)"; 2],
            ["429 error:rate_limit_exceeded end"; 2],
            Outcome::Status(429),
        ),
        case(
            "status with a body",
            Reply::status(418).header("x-tea", "pot").body(json!({"error": {"code": "teapot"}})),
            ["other"; 2],
            ["418 error:teapot end"; 2],
            Outcome::Status(418),
        ),
        case(
            "a body that is no JSON",
            Reply::status(502).raw("text/html", "<html>bad gateway</html>"),
            ["server_error"; 2],
            ["502 unreadable end"; 2],
            Outcome::Status(502),
        ),
        case("hang", three().hang(), ["silent"; 2], ["silent"; 2], Outcome::CallerLeft),
        case("refuse", three().refuse(), ["connect"; 2], ["reset"; 2], Outcome::Reset),
        case("reset", three().reset(), ["interrupted"; 2], ["reset"; 2], Outcome::Reset),
        case(
            "reset after 1",
            three().reset_after(1),
            ["interrupted", "role one interrupted"],
            ["200 half reset", "200 role one reset"],
            Outcome::Reset,
        ),
        case(
            "cut after 0",
            three().cut_after(0),
            ["interrupted", "role interrupted"],
            ["200 half cut", "200 role cut"],
            Outcome::Cut,
        ),
        case(
            "cut after 2",
            three().cut_after(2),
            ["interrupted", "role one two interrupted"],
            ["200 half cut", "200 role one two cut"],
            Outcome::Cut,
        ),
        case(
            "cut after more than there is",
            three().cut_after(99),
            ["interrupted", "role one two three interrupted"],
            ["200 half cut", "200 role one two three cut"],
            Outcome::Cut,
        ),
        case(
            "cut inside 2",
            three().cut_inside(2),
            ["interrupted", "role one interrupted"],
            ["200 half cut", "200 role one half cut"],
            Outcome::Cut,
        ),
        case(
            "stall after 2",
            three().stall_after(2),
            ["silent", "role one two silent"],
            ["200 half silent", "200 role one two silent"],
            Outcome::CallerLeft,
        ),
        case(
            "malformed at 2",
            three().malformed_at(2),
            ["garbled", "role one garbled"],
            ["200 unreadable end", "200 role one malformed three finish:stop usage:2+4 done end"],
            Outcome::Malformed,
        ),
        case(
            "without done",
            three().without_done(),
            [plain, end(whole)],
            [plain_wire, "200 role one two three finish:stop usage:2+4 end"],
            Outcome::Answered,
        ),
        case(
            "without finish",
            three().without_finish(),
            ["one two three usage:2+4 end", "role one two three usage:2+4 end"],
            ["200 one two three usage:2+4 end", "200 role one two three usage:2+4 done end"],
            Outcome::Answered,
        ),
        case(
            "without either",
            three().without_finish().without_done(),
            ["one two three usage:2+4 end", "role one two three usage:2+4 interrupted"],
            ["200 one two three usage:2+4 end", "200 role one two three usage:2+4 end"],
            Outcome::Answered,
        ),
        case(
            "error in 200",
            three().error_in_200(limited.clone()),
            ["rate_limited"; 2],
            ["200 error:rate_limit_exceeded end"; 2],
            Outcome::ErrorInside,
        ),
        case(
            "error after 2",
            three().error_after(2, json!({"error": {"code": 502}})),
            ["server_error", "role one two server_error"],
            ["200 error:502 end", "200 role one two error:502 end"],
            Outcome::ErrorInside,
        ),
        case(
            "empty choices",
            three().empty_choices(),
            ["garbled", "usage:2+4 garbled"],
            ["200 usage:2+4 end", "200 usage:2+4 done end"],
            Outcome::Empty,
        ),
        case(
            "wrong usage",
            three().usage(Usage::new(7, 0)),
            [
                "one two three finish:stop usage:7+0 end",
                "role one two three finish:stop usage:7+0 end",
            ],
            [
                "200 one two three finish:stop usage:7+0 end",
                "200 role one two three finish:stop usage:7+0 done end",
            ],
            Outcome::Answered,
        ),
        case(
            "no usage",
            three().without_usage(),
            ["one two three finish:stop end", "role one two three finish:stop end"],
            ["200 one two three finish:stop end", "200 role one two three finish:stop done end"],
            Outcome::Answered,
        ),
        case(
            "tool call",
            Reply::tool("look", "{\"at\":1}").without_usage(),
            [
                "look({\"at\":1}) finish:tool_calls end",
                "role look() ({\"at) (\":1}) finish:tool_calls end",
            ],
            [
                "200 look({\"at\":1}) finish:tool_calls end",
                "200 role look() ({\"at) (\":1}) finish:tool_calls done end",
            ],
            Outcome::Answered,
        ),
        case(
            "given events",
            Reply::events([
                r#"{"choices":[{"delta":{"content":"hi"}}]}"#,
                r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
                "[DONE]",
            ]),
            ["hi finish:stop end", "hi finish:stop end"],
            ["200 hi finish:stop end", "200 hi finish:stop done end"],
            Outcome::Answered,
        ),
    ]
}

/// The prompt of every case: seven bytes, two tokens.
pub(crate) const PROMPT: &str = "say it!";

/// What the pieces of an answer look like in the table: works for chunks and whole answers alike.
pub(crate) fn pieces(value: &serde_json::Value) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(error) = value.get("error") {
        words.push(format!("error:{}", error["code"].to_string().trim_matches('"')));
        return words;
    }
    for choice in value["choices"].as_array().into_iter().flatten() {
        let chunk = choice.get("delta");
        let says = chunk.unwrap_or(&choice["message"]);
        let text = says["content"].as_str().unwrap_or_default().trim_end();
        if !text.is_empty() {
            words.push(text.to_owned());
        } else if chunk.is_some() && says.get("role").is_some() {
            words.push("role".to_owned());
        }
        for call in says["tool_calls"].as_array().into_iter().flatten() {
            let word = |field: &str| call["function"][field].as_str().unwrap_or_default();
            words.push(format!("{}({})", word("name"), word("arguments")));
        }
        if let Some(reason) = choice["finish_reason"].as_str() {
            words.push(format!("finish:{reason}"));
        }
    }
    if let Some(usage) = value.get("usage") {
        words.push(format!("usage:{}+{}", usage["prompt_tokens"], usage["completion_tokens"]));
    }
    words
}
