//! `POST /admin/cache/purge`.

use axum::body::Body;
use axum::extract::State;
use http::Response;
use serde_json::json;

use super::told;
use crate::gateway::Gateway;

/// Forgets every cached answer of every chain and caller.
pub(super) async fn purge(State(gateway): State<Gateway>) -> Response<Body> {
    gateway.client().purge_cache();
    tracing::info!("the cache was purged by hand");
    told(&json!({"purged": true}))
}
