//! `POST /admin/explain`: what would become of a chat request, and why.

use axum::body::Body;
use axum::extract::State;
use ft_core::ChatRequest;
use http::{Request, Response};

use super::{read, told};
use crate::answer::Refusal;
use crate::asked::Asked;
use crate::gateway::Gateway;

/// Explains a request as it stands for `/v1/chat/completions`, with the same overrides by header. Nothing is asked
/// and nothing is changed.
///
/// # Cancel safety
/// It only reads.
pub(super) async fn explain(
    State(gateway): State<Gateway>,
    request: Request<Body>,
) -> Response<Body> {
    match explained(&gateway, request).await {
        Ok(response) => response,
        Err(refusal) => refusal.response(),
    }
}

async fn explained(gateway: &Gateway, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let (head, body) = request.into_parts();
    let asked = Asked::of(&head.headers)?;
    let request: ChatRequest = read(gateway, body).await?;
    let live = gateway.live();
    let name = asked.overrides.chain.as_deref().unwrap_or(&request.model);
    let way = match live.names.find(name) {
        [way, ..] => way,
        [] if name.is_empty() => return Err(Refusal::no_name(live.names.listed())),
        [] => return Err(Refusal::no_model(name)),
    };
    let options = way.set(asked.options());
    let explanation =
        live.client.explain(&request, &options).map_err(|error| Refusal::from(&error))?;
    Ok(told(&explanation))
}
