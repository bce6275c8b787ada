//! The routes that callers see.

mod call;
mod chat;
mod embeddings;
mod models;
mod probes;

use std::future::Future;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use ft_client::Report;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use serde::Serialize;

use crate::answer::{Refusal, describe, json};
use crate::endpoint::{self, Endpoint, get, post};
use crate::gateway::Gateway;
use crate::meters::Route;
use crate::visit::Visit;

pub(crate) use probes::counted;

/// All of them.
pub(crate) fn public(gateway: Gateway) -> Router {
    endpoint::router(endpoints()).with_state(gateway)
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/v1/chat/completions", chat::completions),
        post("/v1/embeddings", embeddings::embeddings),
        get("/v1/models", models::list),
        get("/v1/models/{*name}", models::one),
        get("/healthz", probes::alive),
        get("/readyz", probes::ready),
        get("/metrics", probes::metrics),
    ]
}

/// A request, with who sent it and its id, before its body is read.
fn arrive(gateway: &Gateway, route: Route, request: &Request<Body>) -> Visit {
    Visit::begin(gateway, route, request_id(request.headers(), gateway))
}

/// Answers with an error, and writes it down.
fn refuse(mut visit: Visit, refusal: &Refusal) -> Response<Body> {
    visit.ended(refusal.status.as_u16(), refusal.code(), None);
    identified(refusal.response(), &visit.request_id)
}

/// Answers with what the client answered, and writes it down.
fn told(mut visit: Visit, answer: &impl Serialize, report: Report) -> Response<Body> {
    let Ok(body) = serde_json::to_vec(answer) else {
        return refuse(visit, &Refusal::unwritable());
    };
    let mut response = json(StatusCode::OK, body);
    describe(response.headers_mut(), &report);
    visit.ended(200, None, Some(report));
    identified(response, &visit.request_id)
}

/// Answers with the client's error, and writes it down.
fn failed(mut visit: Visit, error: &ft_client::Error) -> Response<Body> {
    if error.is_callers_budget() {
        visit.is_out_of_money();
    }
    let refusal = Refusal::from(error);
    let mut response = refusal.response();
    if let Some(report) = error.report() {
        describe(response.headers_mut(), report);
    }
    visit.ended(refusal.status.as_u16(), refusal.code(), error.report().cloned());
    identified(response, &visit.request_id)
}

/// Performs a call; with an idempotency key, once for all who ask the same under it at the same time.
async fn once<F>(
    gateway: &Gateway,
    key: Option<&str>,
    asked: Bytes,
    visit: Visit,
    perform: impl FnOnce(Visit) -> F,
) -> Response<Body>
where
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let Some(key) = key else { return perform(visit).await };
    let (caller, id) = (visit.caller().to_owned(), visit.request_id.clone());
    let mut visit = Some(visit);
    let make = || visit.take().map(perform);
    let make = || {
        let performed = make();
        async move {
            match performed {
                Some(performed) => performed.await,
                None => Refusal::internal().response(),
            }
        }
    };
    let joined = gateway.repeats().join(&caller, key, &asked, make).await;
    match (joined, visit) {
        (Ok(response), None) => response,
        // It was made by another request, whose report it is.
        (Ok(response), Some(mut visit)) => {
            visit.ended(response.status().as_u16(), None, None);
            identified(response, &id)
        }
        (Err(_), Some(visit)) => refuse(visit, &Refusal::conflict()),
        (Err(_), None) => Refusal::conflict().response(),
    }
}

/// Every answer says under which id it can be found.
fn identified(mut response: Response<Body>, id: &str) -> Response<Body> {
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

/// The caller's own id, if it is one that can stand in a log; else a new one.
fn request_id(headers: &HeaderMap, gateway: &Gateway) -> String {
    let given = headers.get("x-request-id").and_then(|id| id.to_str().ok());
    let plain =
        |id: &&str| (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    given.filter(plain).map_or_else(|| gateway.new_request_id(), str::to_owned)
}
