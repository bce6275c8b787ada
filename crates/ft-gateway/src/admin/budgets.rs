//! `GET /admin/budgets`: money, by budget, by caller and by model.

use axum::body::Body;
use axum::extract::State;
use ft_client::cost::Pico;
use ft_core::UnixMillis;
use http::Response;
use serde_json::{Map, Value, json};

use super::told;
use crate::caller::{Caller, Purse};
use crate::gateway::Gateway;

/// What may be spent, what is, and by whom.
pub(super) async fn all(State(gateway): State<Gateway>) -> Response<Body> {
    let live = gateway.live();
    let wall = gateway.clock().wall();
    let callers: Vec<_> = live.callers.iter().map(|one| caller(one, wall)).collect();
    let models: Vec<_> = live
        .client
        .costs()
        .into_iter()
        .map(|((provider, model), cost)| {
            json!({"provider": provider, "model": model, "cost_usd": dollars(cost)})
        })
        .collect();
    told(&json!({
        "budget": live.client.budget(),
        "callers": callers,
        "wrong_keys": live.callers.wrong_keys(),
        "models": models,
    }))
}

fn caller(caller: &Caller, wall: UnixMillis) -> Value {
    let tally = caller.tally();
    let refused: Map<_, _> =
        tally.refusals().map(|(why, count)| (why.to_owned(), Value::from(count))).collect();
    json!({
        "name": caller.name,
        "requests_per_minute": caller.requests_per_minute(),
        "requests": tally.requests(),
        "refused": refused,
        "cost_usd": dollars(tally.cost()),
        "budget": caller.purse().map(|its| purse(its, wall)),
    })
}

/// In the same words as the client's own budget.
fn purse(purse: &Purse, wall: UnixMillis) -> Value {
    json!({
        "limit_usd": dollars(purse.limit()),
        "spent_usd": dollars(purse.spent(wall)),
        "reserved_usd": dollars(purse.reserved(wall)),
        "left_usd": dollars(purse.left(wall)),
        "per": purse.per(),
        "soft": purse.soft(),
        "is_soft": purse.is_soft(wall),
    })
}

/// As text: a JSON number would be read into a float and lose what integers kept.
fn dollars(money: Pico) -> String {
    money.to_string().trim_start_matches('$').to_owned()
}
