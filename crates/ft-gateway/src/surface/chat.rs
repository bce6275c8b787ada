//! `POST /v1/chat/completions`.

use axum::body::Body;
use axum::extract::State;
use ft_client::{Answer, CallOptions};
use ft_core::ChatRequest;
use http::{Request, Response, StatusCode};

use super::{arrive, identified, refuse};
use crate::answer::{Refusal, describe, json, streamed};
use crate::asked::Asked;
use crate::body::{self, BodyLimits};
use crate::gateway::{Gateway, Live};
use crate::visit::Visit;

/// Answers a chat request, whole or as a stream.
///
/// # Cancel safety
/// When the caller leaves the connection drops this future, and with it the call upstream.
pub(super) async fn completions(
    State(gateway): State<Gateway>,
    request: Request<Body>,
) -> Response<Body> {
    let mut visit = arrive(&gateway, "chat", &request);
    let live = gateway.live();
    match prepare(&live, request, &mut visit).await {
        Ok((asked, request, options)) if request.stream == Some(true) => {
            let id = visit.request_id.clone();
            match live.client.chat_stream_with(request, options).await {
                Ok(stream) => identified(streamed(stream, visit, asked.report_event), &id),
                Err(error) => failed(visit, &error),
            }
        }
        Ok((_, request, options)) => match live.client.chat_with(request, options).await {
            Ok(answer) => whole(visit, answer),
            Err(error) => failed(visit, &error),
        },
        Err(refusal) => refuse(visit, &refusal),
    }
}

/// Who asks, what for, and by which way.
async fn prepare(
    live: &Live,
    request: Request<Body>,
    visit: &mut Visit,
) -> Result<(Asked, ChatRequest, CallOptions), Refusal> {
    let (head, body) = request.into_parts();
    let caller = live.callers.identify(&head.headers)?;
    visit.caller.clone_from(&caller.name);
    let asked = Asked::of(&head.headers)?;
    let body = body::read(body, BodyLimits::default()).await?;
    let request: ChatRequest = serde_json::from_slice(&body).map_err(|error| unreadable(&error))?;
    visit.model.clone_from(&request.model);
    visit.streamed = request.stream == Some(true);
    let name = asked.chain.as_deref().unwrap_or(&request.model);
    let way = live.names.find(name).ok_or_else(|| Refusal::no_model(name))?;
    let mut options = way.set(asked.options(visit.streamed)).with_tenant(&caller.name);
    options.request_id = Some(visit.request_id.clone());
    Ok((asked, request, options))
}

/// Where in the body, and which rule; the message of the parser can repeat what was said, so only its place is told.
fn unreadable(error: &serde_json::Error) -> Refusal {
    let what = match error.classify() {
        serde_json::error::Category::Data => "has a field of a wrong type or lacks one",
        _ => "is not valid JSON",
    };
    let place = format!("line {} column {}", error.line(), error.column());
    Refusal::invalid(format!("the body {what}, at {place}")).with_code("invalid_body")
}

fn whole(mut visit: Visit, answer: Answer) -> Response<Body> {
    let Answer { response, report } = answer;
    let body = match serde_json::to_vec(&response) {
        Ok(body) => body,
        Err(_) => return refuse(visit, &Refusal::unwritable()),
    };
    let mut http = json(StatusCode::OK, body);
    describe(http.headers_mut(), &report);
    visit.ended(200, None, Some(report));
    identified(http, &visit.request_id)
}

fn failed(mut visit: Visit, error: &ft_client::Error) -> Response<Body> {
    let refusal = Refusal::from(error);
    let mut response = refusal.response();
    if let Some(report) = error.report() {
        describe(response.headers_mut(), report);
    }
    visit.ended(refusal.status.as_u16(), refusal.code(), error.report().cloned());
    identified(response, &visit.request_id)
}
