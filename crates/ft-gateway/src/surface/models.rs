//! `GET /v1/models`: the names that callers may ask for.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{arrive, refuse};
use crate::answer::{self, Refusal};
use crate::gateway::Gateway;
use crate::meters::Route;
use crate::names::Way;
use crate::request_id::identified;

/// All names that the caller may ask for.
pub(super) async fn list(State(gateway): State<Gateway>, request: Request) -> Response<Body> {
    let mut visit = arrive(&gateway, Route::Models, &request);
    let live = gateway.live();
    let caller = match live.callers.identify(request.headers()) {
        Ok(caller) => caller,
        Err(refusal) => return refuse(visit, &refusal),
    };
    let rows: Vec<_> =
        caller.listed(&live.names).map(|(name, way)| row(&gateway, name, way)).collect();
    let body = json!({"object": "list", "data": rows}).to_string();
    visit.ended(200, None, None);
    identified(answer::json(StatusCode::OK, body), &visit.request_id)
}

/// One of them.
pub(super) async fn one(
    State(gateway): State<Gateway>,
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response<Body> {
    let mut visit = arrive(&gateway, Route::Models, &request);
    let Ok(Path(name)) = name else {
        // No name that there is has bytes that are no text.
        return refuse(visit, &Refusal::invalid("the path is not UTF-8").with_code("invalid_url"));
    };
    let live = gateway.live();
    let caller = match live.callers.identify(request.headers()) {
        Ok(caller) => caller,
        Err(refusal) => return refuse(visit, &refusal),
    };
    match caller.way(&live.names, &name) {
        Ok(way) => {
            visit.ended(200, None, None);
            let row = row(&gateway, &name, way).to_string();
            identified(answer::json(StatusCode::OK, row), &visit.request_id)
        }
        Err(refusal) => refuse(visit, &refusal),
    }
}

/// OpenAI's shape. When a model was made nobody knows of a chain, and a 0 is a date in 1970 to those who show it: it is
/// since when this process serves it.
fn row(gateway: &Gateway, name: &str, way: &Way) -> Value {
    let owner = match way {
        Way::Chain(_) => "ft",
        Way::Target { provider, .. } => provider,
    };
    json!({"id": name, "object": "model", "created": gateway.started_at().0 / 1_000, "owned_by": owner})
}
