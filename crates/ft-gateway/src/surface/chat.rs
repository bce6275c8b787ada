//! `POST /v1/chat/completions`.

use axum::body::Body;
use axum::extract::State;
use ft_client::{Answer, CallOptions, Client};
use ft_core::ChatRequest;
use http::{Request, Response, StatusCode};

use super::{arrive, failed, identified, once, refuse, unreadable};
use crate::answer::{Refusal, describe, json, streamed};
use crate::asked::Asked;
use crate::body;
use crate::gateway::{Gateway, Live};
use crate::meters::Route;
use crate::visit::Visit;

/// Answers a chat request, whole or as a stream.
///
/// # Cancel safety
/// When the caller leaves the connection drops this future, and with it the call upstream.
pub(super) async fn completions(
    State(gateway): State<Gateway>,
    request: Request<Body>,
) -> Response<Body> {
    let mut visit = arrive(&gateway, Route::Chat, &request);
    let live = gateway.live();
    match prepare(&gateway, &live, request, &mut visit).await {
        Ok((asked, body, call)) => {
            let client = live.client.clone();
            let perform = |visit| perform(client, call, visit);
            once(&gateway, asked.idempotency_key(), body, visit, perform).await
        }
        Err(refusal) => refuse(visit, &refusal),
    }
}

/// A call as it will be made.
struct Asking {
    request: ChatRequest,
    options: CallOptions,
    report_event: bool,
}

/// Who asks, what for, and by which way.
async fn prepare(
    gateway: &Gateway,
    live: &Live,
    request: Request<Body>,
    visit: &mut Visit,
) -> Result<(Asked, bytes::Bytes, Asking), Refusal> {
    let (head, body) = request.into_parts();
    let caller = live.callers.identify(&head.headers)?;
    visit.caller.clone_from(&caller.name);
    let asked = Asked::of(&head.headers)?;
    if asked.client_retries > 0 {
        gateway.meters().retried();
    }
    let body = body::read(body, live.body).await?;
    let request: ChatRequest = serde_json::from_slice(&body).map_err(|error| unreadable(&error))?;
    visit.asks_for(&request.model);
    visit.streamed = request.stream == Some(true);
    let name = asked.chain.as_deref().unwrap_or(&request.model);
    let way = live.names.find(name).ok_or_else(|| Refusal::no_model(name))?;
    let mut options = way.set(asked.options(visit.streamed)).with_tenant(&caller.name);
    options.request_id = Some(visit.request_id.clone());
    let call = Asking { request, options, report_event: asked.report_event };
    Ok((asked, body, call))
}

async fn perform(client: Client, call: Asking, visit: Visit) -> Response<Body> {
    let Asking { request, options, report_event } = call;
    if request.stream == Some(true) {
        let id = visit.request_id.clone();
        return match client.chat_stream_with(request, options).await {
            Ok(stream) => identified(streamed(stream, visit, report_event), &id),
            Err(error) => failed(visit, &error),
        };
    }
    match client.chat_with(request, options).await {
        Ok(answer) => whole(visit, answer),
        Err(error) => failed(visit, &error),
    }
}

fn whole(mut visit: Visit, answer: Answer) -> Response<Body> {
    let Answer { response, report } = answer;
    let Ok(body) = serde_json::to_vec(&response) else {
        return refuse(visit, &Refusal::unwritable());
    };
    let mut http = json(StatusCode::OK, body);
    describe(http.headers_mut(), &report);
    visit.ended(200, None, Some(report));
    identified(http, &visit.request_id)
}
