//! `POST /v1/embeddings`.

use axum::body::Body;
use axum::extract::State;
use ft_core::chat::{EmbeddingRequest, json};
use http::{Request, Response};

use super::call::Call;
use super::{arrive, failed, once, refuse, told};
use crate::answer::VectorForm;
use crate::gateway::Gateway;
use crate::meters::Route;

/// Answers with vectors, all of one model.
///
/// # Cancel safety
/// When the caller leaves the connection drops this future, and with it the call upstream.
pub(super) async fn embeddings(
    State(gateway): State<Gateway>,
    request: Request<Body>,
) -> Response<Body> {
    let mut visit = arrive(&gateway, Route::Embeddings, &request);
    let live = gateway.live();
    match Call::<EmbeddingRequest>::read(&gateway, &live, request, &mut visit).await {
        Ok(Call { request, options, asked, body }) => {
            let client = live.client.clone();
            let form = VectorForm::of(&request);
            let perform = |visit| async move {
                match client.embed_with(request, options).await {
                    Ok(mut embedded) => {
                        form.bring(&mut embedded.response);
                        let mut body = Vec::with_capacity(1024);
                        let written = json::vectors(&mut body, &embedded.response);
                        told(visit, written.map(|()| body), embedded.report)
                    }
                    Err(error) => failed(visit, &error),
                }
            };
            once(&gateway, &asked, body, visit, perform).await
        }
        Err(refusal) => refuse(visit, &refusal),
    }
}
