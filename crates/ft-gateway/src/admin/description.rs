//! `GET /admin/openapi.json`: every endpoint of both listeners, described for machines.

use axum::body::Body;
use http::{Response, StatusCode};

use crate::answer;

/// Written by hand, and compared with the routes by a test.
const OPENAPI: &str = include_str!("openapi.json");

/// The description, as OpenAPI 3.1.
pub(super) async fn openapi() -> Response<Body> {
    answer::json(StatusCode::OK, OPENAPI)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::{admin, surface};

    fn description() -> Value {
        serde_json::from_str(OPENAPI).unwrap()
    }

    #[test]
    fn every_endpoint_is_described_and_nothing_else_is() {
        let served: BTreeSet<(String, String)> = surface::endpoints()
            .into_iter()
            .chain(admin::endpoints())
            .map(|one| (one.method.to_lowercase(), one.path.replace("{*", "{")))
            .collect();
        let description = description();
        let paths = description["paths"].as_object().unwrap();
        let described: BTreeSet<(String, String)> = paths
            .iter()
            .flat_map(|(path, item)| {
                let methods = item.as_object().unwrap().keys();
                methods.map(move |method| (method.clone(), path.clone()))
            })
            .collect();
        assert_eq!(served, described);
    }

    #[test]
    fn every_reference_leads_somewhere_and_everything_shared_is_used() {
        fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
            match value {
                Value::Object(fields) => {
                    found.extend(fields.get("$ref").and_then(Value::as_str));
                    fields.values().for_each(|value| references(value, found));
                }
                Value::Array(items) => items.iter().for_each(|value| references(value, found)),
                _ => {}
            }
        }
        let description = description();
        let mut found = BTreeSet::new();
        references(&description, &mut found);
        for reference in &found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(description.pointer(pointer).is_some(), "{reference}");
        }
        for kind in ["schemas", "parameters", "headers", "responses"] {
            for name in description["components"][kind].as_object().unwrap().keys() {
                let reference = format!("#/components/{kind}/{name}");
                assert!(found.contains(reference.as_str()), "{reference}");
            }
        }
    }

    #[test]
    fn it_is_of_this_version() {
        assert_eq!(description()["info"]["version"], env!("CARGO_PKG_VERSION"));
    }
}
