//! A modelled provider inside the process fails as the same one does over a socket.

use std::sync::Arc;

use ft_client::config::{ChainConfig, TargetConfig, TierConfig};
use ft_client::{Client, TokioClock};
use ft_core::ChatRequest;
use ft_sim::{Reply, SimProvider};
use serde_json::json;

use crate::world::{Way, a_gives, setup, trail, within};

/// What a client makes of a reply that it gets inside the process.
async fn modelled(reply: Reply) -> Vec<String> {
    let tier = |model: &str| TierConfig::new(model, [TargetConfig::new("one", model)]);
    let mut chain = ChainConfig::new([tier("a"), tier("b")]);
    // As in the world over sockets, one thing at a time.
    chain.same_target_retries = 0;
    let client = Client::builder()
        .provider(SimProvider::new("one", a_gives(reply), Arc::new(TokioClock::new()), 1))
        .chain(chain)
        .build()
        .unwrap();
    trail(&within(client.chat(ChatRequest::user("hi"))).await.unwrap().report)
}

#[tokio::test]
async fn a_modelled_error_is_classified_as_it_is_over_http() {
    let inside = json!({"error": {
        "message": "The server had an error while processing your request.",
        "type": "server_error", "code": "server_error",
    }});
    for (what, reply) in [
        ("500", Reply::status(500)),
        ("502", Reply::status(502)),
        ("503", Reply::status(503)),
        ("an outage", Reply::down()),
        ("503 with the code of a 500", Reply::error(503, "server_error", "It failed.")),
        ("503 without words", Reply::status(503).body(json!({"error": {"message": "no"}}))),
        ("429", Reply::throttled(std::time::Duration::from_secs(1))),
        ("an error inside a 200", Reply::ok().error_in_200(inside)),
        ("a cut", Reply::ok().cut_after(0)),
        ("a reset", Reply::ok().reset()),
        ("half an answer", Reply::ok().malformed_at(1)),
    ] {
        let world = setup(Way::Plain, "one/a | one/b", a_gives(reply.clone())).build();
        let wire = trail(&world.ask().await.unwrap().report);
        assert_eq!(modelled(reply).await, wire, "{what}");
    }
}
