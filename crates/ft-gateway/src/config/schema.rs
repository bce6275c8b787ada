//! The configuration file as a JSON schema, generated from the types that read it.

use std::collections::BTreeMap;

use ft_client::config::ClientConfig;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::{CallerConfig, ServerConfig};

/// The JSON schema (draft 2020-12) of a configuration file.
#[must_use]
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let server = generator.subschema_for::<ServerConfig>().to_value();
    let callers = generator.subschema_for::<BTreeMap<String, CallerConfig>>().to_value();
    let mut schema = generator.into_root_schema_for::<ClientConfig>().to_value();
    plain(&mut schema);
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        let about = "Where the gateway listens, and what a connection may take.";
        properties.insert("server".to_owned(), described(server, about));
        let about = "Who may ask, by name. Without any, it listens on this machine only.";
        properties.insert("callers".to_owned(), described(callers, about));
    }
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), json!("ft.toml"));
        root.insert(
            "description".to_owned(),
            json!(
                "The configuration of ft. In every string ${NAME} and ${NAME:-default} are replaced from the \
                 environment."
            ),
        );
    }
    schema
}

fn described(mut schema: Value, about: &str) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), json!(about));
    }
    schema
}

/// Takes null out: TOML has none, a key is left out instead.
fn plain(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.retain(|key, value| !(key == "default" && value.is_null()));
            if let Some(Value::Object(default)) = object.get_mut("default") {
                default.retain(|_, value| !value.is_null());
            }
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|each| each != "null");
                if let [only] = &types[..] {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            only_way(object);
            object.values_mut().for_each(plain);
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `anyOf` with one way beside null is that way.
fn only_way(object: &mut Map<String, Value>) {
    let Some(Value::Array(ways)) = object.get_mut("anyOf") else { return };
    ways.retain(|way| way.get("type") != Some(&json!("null")));
    if ways.len() != 1 {
        return;
    }
    if let Some(Value::Array(ways)) = object.remove("anyOf")
        && let Some(Value::Object(way)) = ways.into_iter().next()
    {
        for (key, value) in way {
            object.entry(key).or_insert(value);
        }
    }
}
