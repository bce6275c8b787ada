//! `POST /admin/reload`: the configuration file, read again.

use axum::body::Body;
use axum::extract::State;
use http::{Response, StatusCode};
use serde_json::json;

use super::told;
use crate::answer::Refusal;
use crate::gateway::Gateway;
use crate::reload::Reload;

/// Reads the file again. A bad file changes nothing, and the answer says where it is wrong.
pub(super) async fn reload(State(gateway): State<Gateway>) -> Response<Body> {
    let invalid = |message: &str, status| Refusal::new(status, "invalid_request_error", message);
    match gateway.reload_from_file(true).await {
        Some(Ok(Reload::Done { after_restart, changed })) => {
            told(&json!({"reloaded": true, "after_restart": after_restart, "changed": changed}))
        }
        Some(Ok(Reload::Unchanged)) => {
            told(&json!({"reloaded": false, "after_restart": [], "changed": []}))
        }
        Some(Err(unusable)) => invalid(&unusable.to_string(), StatusCode::UNPROCESSABLE_ENTITY)
            .with_code("invalid_configuration")
            .response(),
        None => {
            let message = "this gateway was not started from a file that could be read again";
            invalid(message, StatusCode::CONFLICT).with_code("no_configuration_file").response()
        }
    }
}
