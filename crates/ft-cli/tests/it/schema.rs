//! The schema of the configuration, and the files that ship.

use std::collections::BTreeSet;
use std::path::PathBuf;

use regex::Regex;
use serde_json::Value;

use crate::check::Written;
use crate::process::{ended, ft, run};

fn docs(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

fn schema() -> Value {
    let printed = run(&["schema"]);
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    serde_json::from_str(&printed.stdout).unwrap()
}

fn toml_blocks(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(docs(name)).unwrap();
    text.split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_schema_in_the_documentation_is_the_one_of_the_types() {
    let kept: Value =
        serde_json::from_str(&std::fs::read_to_string(docs("ft.schema.json")).unwrap()).unwrap();
    assert!(
        kept == schema(),
        "docs/ft.schema.json is old; run: cargo run -p ft-cli -- schema > docs/ft.schema.json"
    );
}

#[test]
fn the_example_can_be_used_and_has_every_key() {
    let path = docs("ft.example.toml");
    let name = path.display().to_string();
    let mut command = ft(&["check", &name]);
    command.env("HOLYSHEEP_API_KEY", "sk-one-0123456789abcdefghij");
    let checked = ended(command.env("AZURE_API_KEY", "sk-two-0123456789abcdefghij"));
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);

    let text = std::fs::read_to_string(path).unwrap();
    let mut keys = BTreeSet::new();
    keys_of(&schema(), &mut keys);
    assert!(keys.len() > 80, "{keys:?}");
    let missing: Vec<_> = keys
        .iter()
        .filter(|key| {
            let written = Regex::new(&format!(r"(?m)(^|[\s{{\[.#]){key}( =|\.|\])")).unwrap();
            !written.is_match(&text)
        })
        .collect();
    assert!(missing.is_empty(), "the example says nothing of {missing:?}");
}

#[test]
fn what_ships_is_valid_by_the_schema_and_what_is_wrong_is_not() {
    let schema = schema();
    let example = std::fs::read_to_string(docs("ft.example.toml")).unwrap();
    for text in toml_blocks("configuration.md").into_iter().chain([example.clone()]) {
        let value: Value = toml::from_str(&text).unwrap();
        assert_eq!(fault(&schema, &schema, &value, ""), None, "{text}");
    }
    for (from, to) in [
        ("deadline = \"90s\"", "deadline = 90"),
        ("deadline = \"90s\"", "deadline = \"90\""),
        ("deadline = \"90s\"", "deadlin = \"90s\""),
        ("limit = \"$50\"", "limit = \"fifty\""),
        ("capacity = \"64MiB\"", "capacity = \"64\""),
        ("order = \"cheapest\"", "order = \"cheap\""),
        ("rounds = 2", "rounds = -1"),
        ("rounds = 2", "rounds = 2.5"),
        ("base_url = \"https://api.holysheep.ai/v1\"", ""),
        ("slow = false", "slow = true"),
        ("9f86d081", "g"),
        ("[server]", "[sever]"),
    ] {
        let wrong = example.replacen(from, to, 1);
        assert_ne!(wrong, example, "the example has no {from}");
        let value: Value = toml::from_str(&wrong).unwrap();
        assert!(fault(&schema, &schema, &value, "").is_some(), "it is valid with {to}");
    }
}

#[test]
fn every_file_in_the_documentation_of_the_configuration_can_be_used() {
    for (at, text) in toml_blocks("configuration.md").iter().enumerate() {
        let file = Written::new(&format!("docs-{at}"), text);
        let mut command = ft(&["check", &file.path()]);
        let checked = ended(command.env("HOLYSHEEP_API_KEY", "sk-one-0123456789abcdefghij"));
        assert_eq!(checked.code, Some(0), "{}", checked.stderr);
    }
}

/// Every key that a schema knows.
fn keys_of(schema: &Value, keys: &mut BTreeSet<String>) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Object(properties)) = object.get("properties") {
                keys.extend(properties.keys().cloned());
            }
            object.values().for_each(|value| keys_of(value, keys));
        }
        Value::Array(items) => items.iter().for_each(|item| keys_of(item, keys)),
        _ => {}
    }
}

/// What of a value a schema does not allow. As much of JSON schema as ours uses; what is beyond stops the test.
fn fault(root: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    let check = |schema: &Value, value: &Value| fault(root, schema, value, at);
    let wrong = |rule: String| Some(format!("{at}: {rule}"));
    for (keyword, rule) in schema.as_object().unwrap() {
        let found = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "default" | "examples" | "format" => {
                None
            }
            "$ref" => {
                let pointer = rule.as_str().unwrap().trim_start_matches('#');
                check(root.pointer(pointer).unwrap(), value)
            }
            "type" => (!is_of_type(value, rule)).then(|| format!("{at}: must be {rule}")),
            "const" => (value != rule).then(|| format!("{at}: must be {rule}")),
            "enum" => {
                (!rule.as_array().unwrap().contains(value)).then(|| format!("{at}: one of {rule}"))
            }
            "anyOf" | "oneOf" => {
                let ways = rule.as_array().unwrap();
                let fits = ways.iter().any(|way| check(way, value).is_none());
                (!fits).then(|| format!("{at}: must be one of {} ways", ways.len()))
            }
            "pattern" => value.as_str().and_then(|text| {
                let fits = Regex::new(rule.as_str().unwrap()).unwrap().is_match(text);
                if fits { None } else { wrong(format!("must match {rule}")) }
            }),
            "minimum" => {
                let below = value.as_f64().is_some_and(|number| number < rule.as_f64().unwrap());
                below.then(|| format!("{at}: must be at least {rule}"))
            }
            "maximum" => {
                let above = value.as_f64().is_some_and(|number| number > rule.as_f64().unwrap());
                above.then(|| format!("{at}: must be at most {rule}"))
            }
            "required" => value.as_object().and_then(|object| {
                let names = rule.as_array().unwrap().iter().map(|name| name.as_str().unwrap());
                let missing = names.into_iter().find(|name| !object.contains_key(*name))?;
                wrong(format!("must have {missing}"))
            }),
            "items" => value.as_array().and_then(|items| {
                items.iter().find_map(|item| fault(root, rule, item, &format!("{at}[]")))
            }),
            "properties" => value.as_object().and_then(|object| {
                object.iter().find_map(|(key, value)| {
                    fault(root, rule.get(key)?, value, &format!("{at}.{key}"))
                })
            }),
            "additionalProperties" => value.as_object().and_then(|object| {
                object.iter().find_map(|(key, value)| {
                    let known =
                        schema.get("properties").is_some_and(|known| known.get(key).is_some());
                    match rule {
                        _ if known => None,
                        Value::Bool(allowed) => (!allowed).then(|| format!("{at}.{key}: unknown")),
                        other => fault(root, other, value, &format!("{at}.{key}")),
                    }
                })
            }),
            other => panic!("the schema uses `{other}`, which this test does not know"),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn is_of_type(value: &Value, rule: &Value) -> bool {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("the schema has the type {other}"),
    };
    match rule {
        Value::String(name) => is(name),
        names => names.as_array().unwrap().iter().any(|name| is(name.as_str().unwrap())),
    }
}
