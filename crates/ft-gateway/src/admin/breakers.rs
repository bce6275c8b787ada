//! `POST /admin/breakers`: one target taken by hand, or given back.

use axum::body::Body;
use axum::extract::State;
use http::{Request, Response, StatusCode};
use serde::Deserialize;

use super::{read, told};
use crate::answer::Refusal;
use crate::gateway::Gateway;

/// In the body and not in the path: a model's name may hold slashes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    provider: String,
    model: String,
    action: String,
}

/// Does it, and tells how the target stands then.
///
/// # Cancel safety
/// It is done whole or not at all.
pub(super) async fn turn(State(gateway): State<Gateway>, request: Request<Body>) -> Response<Body> {
    match turned(&gateway, request).await {
        Ok(response) => response,
        Err(refusal) => refusal.response(),
    }
}

async fn turned(gateway: &Gateway, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let Turn { provider, model, action } = read(gateway, request.into_body()).await?;
    let client = gateway.client();
    let control = client.control(&provider, &model).ok_or_else(|| {
        let message = format!("no chain has the target `{provider}/{model}`");
        Refusal::new(StatusCode::NOT_FOUND, "invalid_request_error", message)
            .with_code("target_not_found")
    })?;
    match action.as_str() {
        "open" => control.force_open(),
        "close" => control.disable(),
        "observe" => control.observe_only(),
        "reset" => control.reset(),
        _ => {
            let message = "`action` must be `open`, `close`, `observe` or `reset`";
            return Err(Refusal::invalid(message).with_param("action"));
        }
    }
    tracing::info!(provider, model, action, "a breaker was turned by hand");
    let health = client.health();
    let target = health.iter().find(|target| target.provider == provider && target.model == model);
    Ok(told(&target))
}
