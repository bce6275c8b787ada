//! `GET /v1/models`: the names that callers may ask for.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{arrive, identified, refuse};
use crate::answer::{self, Refusal};
use crate::gateway::Gateway;
use crate::meters::Route;
use crate::names::Way;

/// All names that the caller may ask for.
pub(super) async fn list(State(gateway): State<Gateway>, request: Request) -> Response<Body> {
    let mut visit = arrive(&gateway, Route::Models, &request);
    let live = gateway.live();
    let caller = match live.callers.identify(request.headers()) {
        Ok(caller) => caller,
        Err(refusal) => return refuse(visit, &refusal),
    };
    let rows: Vec<_> = live
        .names
        .listed()
        .filter_map(|name| Some((name, live.names.find(name)?)))
        .filter(|(_, way)| caller.may_ask(way))
        .map(|(name, way)| row(name, way))
        .collect();
    let body = json!({"object": "list", "data": rows}).to_string();
    visit.ended(200, None, None);
    identified(answer::json(StatusCode::OK, body), &visit.request_id)
}

/// One of them.
pub(super) async fn one(
    State(gateway): State<Gateway>,
    Path(name): Path<String>,
    request: Request,
) -> Response<Body> {
    let mut visit = arrive(&gateway, Route::Models, &request);
    let live = gateway.live();
    let caller = match live.callers.identify(request.headers()) {
        Ok(caller) => caller,
        Err(refusal) => return refuse(visit, &refusal),
    };
    let Some(way) = live.names.find(&name) else {
        return refuse(visit, &Refusal::no_model(&name));
    };
    if !caller.may_ask(way) {
        return refuse(visit, &caller.not_allowed(&name));
    }
    visit.ended(200, None, None);
    identified(answer::json(StatusCode::OK, row(&name, way).to_string()), &visit.request_id)
}

/// OpenAI's shape. `created` is when a model was made, which nobody knows of a chain.
fn row(name: &str, way: &Way) -> Value {
    let owner = match way {
        Way::Chain(_) => "ft",
        Way::Target { provider, .. } => provider,
    };
    json!({"id": name, "object": "model", "created": 0, "owned_by": owner})
}
