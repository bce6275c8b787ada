//! `GET /admin/requests`: what became of the last requests, and why.

use axum::body::Body;
use axum::extract::State;
use http::{Request, Response};
use serde::Serialize;

use super::told;
use crate::answer::Refusal;
use crate::gateway::Gateway;
use crate::journal::Entry;

#[derive(Serialize)]
struct Answer<'a> {
    requests: Vec<&'a Entry>,
}

/// How many are told where nothing is said.
const USUAL: usize = 50;

/// The last requests, the newest first. None of what was said is in them.
pub(super) async fn recent(
    State(gateway): State<Gateway>,
    request: Request<Body>,
) -> Response<Body> {
    match limit(request.uri().query().unwrap_or_default()) {
        Ok(most) => {
            let recent = gateway.journal().recent(most);
            let requests: Vec<&Entry> = recent.iter().map(|entry| &**entry).collect();
            told(&Answer { requests })
        }
        Err(refusal) => refusal.response(),
    }
}

fn limit(query: &str) -> Result<usize, Refusal> {
    let mut limit = USUAL;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let rule = match (name, value.parse()) {
            ("limit", Ok(most)) => {
                limit = most;
                continue;
            }
            ("limit", Err(_)) => "must be a whole number",
            _ => "is not known here; there is: `limit`",
        };
        return Err(Refusal::invalid(format!("the query's `{name}` {rule}")).with_param(name));
    }
    Ok(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_read_and_everything_else_refused() {
        for (query, most) in [("", USUAL), ("limit=0", 0), ("limit=7&", 7)] {
            assert_eq!(limit(query).unwrap(), most, "{query}");
        }
        for query in ["limit", "limit=-1", "limit=all", "since=3", "limit=1&x"] {
            assert!(limit(query).is_err(), "{query}");
        }
    }
}
