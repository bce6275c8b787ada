//! `GET /metrics` for who runs the gateway: with what each caller did.

use axum::body::Body;
use axum::extract::State;
use http::Response;

use crate::gateway::Gateway;
use crate::surface::counted;

/// Everything that was counted, in Prometheus' text format.
pub(super) async fn all(State(gateway): State<Gateway>) -> Response<Body> {
    let live = gateway.live();
    let mut text = gateway.prometheus().render(&live.client);
    live.callers.render(&mut text);
    counted(text)
}
