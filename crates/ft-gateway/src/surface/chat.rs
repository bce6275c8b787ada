//! `POST /v1/chat/completions`.

use axum::body::Body;
use axum::extract::State;
use ft_client::{CallOptions, Client};
use ft_core::ChatRequest;
use ft_core::chat::json;
use futures_util::future::BoxFuture;
use http::{Request, Response};

use super::call::Call;
use super::{arrive, failed, once, refuse, told};
use crate::answer::streamed;
use crate::gateway::Gateway;
use crate::meters::Route;
use crate::request_id::identified;
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
    match Call::<ChatRequest>::read(&gateway, &live, request, &mut visit).await {
        Ok(Call { request, options, asked, body }) => {
            let client = live.client.clone();
            let event = asked.overrides.report_event;
            // Boxed: what follows needs much more room than what came before, and is handed on a few times.
            let perform = |visit| -> BoxFuture<'static, Response<Body>> {
                match request.stream {
                    Some(true) => Box::pin(stream(client, request, options, visit, event)),
                    _ => Box::pin(whole(client, request, options, visit)),
                }
            };
            once(&gateway, &asked, body, visit, perform).await
        }
        Err(refusal) => refuse(visit, &refusal),
    }
}

async fn whole(
    client: Client,
    request: ChatRequest,
    options: CallOptions,
    visit: Visit,
) -> Response<Body> {
    match client.chat_with(request, options).await {
        Ok(answer) => {
            let mut body = Vec::with_capacity(answer.text().len() + 512);
            let written = json::response(&mut body, &answer.response);
            told(visit, written.map(|()| body), answer.report)
        }
        Err(error) => failed(visit, &error),
    }
}

async fn stream(
    client: Client,
    request: ChatRequest,
    options: CallOptions,
    visit: Visit,
    report_event: bool,
) -> Response<Body> {
    let id = visit.request_id.clone();
    match client.chat_stream_with(request, options).await {
        Ok(stream) => identified(streamed(stream, visit, report_event), &id),
        Err(error) => failed(visit, &error),
    }
}
