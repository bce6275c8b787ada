//! The routes that callers see.

mod call;
mod chat;
mod elsewhere;
mod embeddings;
mod followed;
mod models;
mod origin;
mod probes;

use std::future::Future;
use std::io;

use axum::Router;
use axum::body::Body;
use axum::middleware;
use bytes::Bytes;
use ft_client::Report;
use http::{Request, Response, StatusCode};

use crate::answer::{Refusal, describe, json};
use crate::asked::Asked;
use crate::endpoint::{self, Endpoint, get, post};
use crate::gateway::Gateway;
use crate::idempotency::Question;
use crate::meters::Route;
use crate::request_id::{self, identified};
use crate::visit::Visit;

use self::followed::followed;
pub(crate) use self::probes::counted;

/// All of them.
pub(crate) fn public(gateway: Gateway) -> Router {
    let routes = endpoint::router(endpoints(), elsewhere::refused).with_state(gateway.clone());
    let (known, there) = (routes.clone(), gateway.clone());
    let elsewhere =
        move |request: Request<Body>| elsewhere::answer(there.clone(), known.clone(), request);
    let checked = middleware::from_fn_with_state(gateway, origin::check);
    routes.fallback(elsewhere).layer(checked)
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/v1/chat/completions", chat::completions),
        post("/v1/embeddings", embeddings::embeddings),
        get("/v1/models", models::list),
        get("/v1/models/{*name}", models::one),
        get("/", probes::about),
        get("/healthz", probes::alive),
        get("/readyz", probes::ready),
        get("/metrics", probes::metrics),
    ]
}

/// A request, with who sent it and its id, before its body is read.
fn arrive(gateway: &Gateway, route: Route, request: &Request<Body>) -> Visit {
    Visit::begin(gateway, route, request_id::of(request.headers(), gateway))
}

/// Answers with an error, and writes it down.
fn refuse(mut visit: Visit, refusal: &Refusal) -> Response<Body> {
    visit.ended(refusal.status.as_u16(), refusal.code(), None);
    identified(refusal.response(), &visit.request_id)
}

/// Answers with what the client answered, and writes it down.
fn told(mut visit: Visit, body: io::Result<Vec<u8>>, report: Report) -> Response<Body> {
    let Ok(body) = body else {
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
    asked: &Asked,
    body: Bytes,
    visit: Visit,
    perform: impl FnOnce(Visit) -> F,
) -> Response<Body>
where
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let Some(key) = asked.idempotency_key() else {
        // What was read from it is all that is needed: the body itself is not held while others work.
        drop(body);
        return perform(visit).await;
    };
    let caller = visit.caller().to_owned();
    let question = Question { route: visit.route, overrides: asked.overrides.clone(), body };
    let mut visit = Some(visit);
    let make = |end| {
        let performed = visit.take().map(|mut visit| {
            visit.tells(end);
            perform(visit)
        });
        async move {
            match performed {
                Some(performed) => performed.await,
                None => Refusal::internal().response(),
            }
        }
    };
    let joined = gateway.repeats().join(&caller, key, question, make).await;
    match (joined, visit) {
        (Ok(joined), None) => joined.response,
        (Ok(joined), Some(visit)) => followed(joined, visit),
        (Err(_), Some(visit)) => refuse(visit, &Refusal::conflict()),
        (Err(_), None) => Refusal::conflict().response(),
    }
}
