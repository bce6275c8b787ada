//! What who runs the gateway sees and may do: on a listener of its own, never on the callers'.

mod breakers;
mod budgets;
mod cache;
mod description;
mod explain;
pub(crate) mod guard;
mod health;
mod metrics;
mod reload;
mod requests;

use axum::Router;
use axum::body::Body;
use axum::middleware;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answer::{self, Refusal};
use crate::body;
use crate::endpoint::{self, Endpoint, get, post};
use crate::gateway::Gateway;
use crate::page;

/// The admin API and the status page.
///
/// With a key configured every endpoint asks for it; without one only this machine is answered, and only to who
/// asks under a name of this machine: see [`guard`].
pub(crate) fn router(gateway: Gateway) -> Router {
    let guarded = middleware::from_fn_with_state(gateway.clone(), guard::check);
    endpoint::router(endpoints(), endpoint::unwritten).layer(guarded).with_state(gateway)
}

/// All of them.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        get(page::PATH, page::status),
        get("/admin/health", health::all),
        post("/admin/breakers", breakers::turn),
        post("/admin/cache/purge", cache::purge),
        get("/admin/budgets", budgets::all),
        get("/admin/requests", requests::recent),
        post("/admin/explain", explain::explain),
        post("/admin/reload", reload::reload),
        get("/admin/openapi.json", description::openapi),
        get("/metrics", metrics::all),
    ]
}

/// An answer in JSON, of this moment.
fn told(value: &impl Serialize) -> Response<Body> {
    match serde_json::to_vec(value) {
        Ok(body) => {
            let mut response = answer::json(StatusCode::OK, body);
            let headers = response.headers_mut();
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(_) => Refusal::internal().response(),
    }
}

/// The JSON body of a request.
///
/// # Cancel safety
/// What was read is lost with the connection.
async fn read<T: DeserializeOwned>(gateway: &Gateway, body: Body) -> Result<T, Refusal> {
    let (body, _room) = body::read(body, gateway.live().body, gateway.buffers()).await?;
    serde_json::from_slice(&body).map_err(|error| Refusal::unreadable(&error, &body))
}
