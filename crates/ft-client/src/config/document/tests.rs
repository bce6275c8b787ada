//! Lines of fields, sections, malformed text.

use serde::Deserialize;

use super::*;

fn document(text: &str) -> Document {
    Document::parse("ft.toml", text, |_| None).unwrap()
}

#[test]
fn every_field_has_its_line_however_it_is_written() {
    let document = document(
        "a = 1\n\
         [chains.default]\n\
         deadline = \"1s\"\n\
         cache = { fresh_for = \"0s\",\n\
           stale_for = \"1h\" }\n\
         [[chains.default.tiers]]\n\
         name = \"one\"\n\
         targets = [\n\
           { model = \"x\" },\n\
           { model = \"y\" },\n\
         ]\n\
         [[chains.default.tiers]]\n\
         name = \"two\"\n\
         [b]\n\
         c.d = 5\n\
         \"odd key\" = 6\n",
    );
    for (field, line) in [
        ("a", 1),
        ("chains", 2),
        ("chains.default", 2),
        ("chains.default.deadline", 3),
        ("chains.default.cache.stale_for", 5),
        ("chains.default.tiers", 6),
        ("chains.default.tiers[0]", 6),
        ("chains.default.tiers[0].name", 7),
        ("chains.default.tiers[0].targets[0].model", 9),
        ("chains.default.tiers[0].targets[1].model", 10),
        ("chains.default.tiers[1]", 12),
        ("chains.default.tiers[1].name", 13),
        ("b.c.d", 15),
        ("b.odd key", 16),
    ] {
        assert_eq!(document.locate(field), Some(line), "{field}");
        assert!(document.has(field), "{field}");
    }
}

#[test]
fn a_field_that_is_missing_has_the_line_of_what_it_is_missing_from() {
    let document = document("\n[chains.default]\nrounds = 2\n[[chains.default.tiers]]\n");
    assert_eq!(document.locate("chains.default.deadline"), Some(2));
    assert_eq!(document.locate("chains.default.tiers[0].targets[3].model"), Some(4));
    assert!(!document.has("chains.default.deadline"));
    assert_eq!(document.locate("spend.limit"), None);
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(rename = "port")]
    _port: u16,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rest {
    #[serde(rename = "rest")]
    _rest: Option<u8>,
}

#[test]
fn sections_are_taken_out_and_the_rest_must_be_known() {
    let mut good = document("[server]\nport = 1\n");
    assert_eq!(good.take::<Section>("server").unwrap().map(|section| section._port), Some(1));
    assert!(good.take::<Section>("server").unwrap().is_none());
    good.take_rest::<Rest>().unwrap();

    let mut wrong = document("[sever]\nport = 1\n");
    assert!(wrong.take::<Section>("server").unwrap().is_none());
    let error = wrong.take_rest::<Rest>().unwrap_err();
    assert_eq!(error.to_string(), "ft.toml:1: sever: unknown field, did you mean `server`?");

    let mut wrong = document("[server]\n\nport = 70000\n");
    let error = wrong.take::<Section>("server").unwrap_err();
    assert_eq!((error.line(), error.field()), (Some(3), "server.port"));
}

#[test]
fn malformed_text_has_its_line_and_no_field() {
    let error = Document::parse("ft.toml", "a = 1\nb = = 2\n", |_| None).unwrap_err();
    assert_eq!((error.file(), error.line(), error.field()), (Some("ft.toml"), Some(2), ""));
    assert!(error.to_string().starts_with("ft.toml:2: "), "{error}");
    let error = Document::parse("", "a = 1\na = 2", |_| None).unwrap_err();
    assert_eq!((error.file(), error.line()), (None, Some(2)), "{error}");
}

#[test]
fn a_text_nested_a_hundred_thousand_deep_is_refused_and_not_followed() {
    let deep = format!("a = {}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(Document::parse("", &deep, |_| None).is_err());
}

#[test]
fn what_changed_is_named_and_never_told() {
    let parse = |text: &str, key: &str| {
        let key = key.to_owned();
        Document::parse("ft.toml", text, move |_| Some(key.clone())).unwrap()
    };
    let text = "[providers.a]\nkeys = [\"${K}\"]\nbase_url = \"x\"\n[[tiers]]\nname = \"one\"\n";
    let old = parse(text, "sk-old");
    assert_eq!(parse(text, "sk-old").changes_from(&old), [""; 0]);
    assert_eq!(parse(text, "sk-new").changes_from(&old), ["providers.a.keys"]);
    let other = text.replace("base_url = \"x\"", "proxy = \"y\"").replace("one", "two");
    let changes = parse(&other, "sk-old").changes_from(&old);
    assert_eq!(changes, ["providers.a.base_url", "providers.a.proxy", "tiers[0].name"]);
}

#[test]
fn every_line_is_found_also_the_first_and_behind_the_last_break() {
    let document = Document::parse("", "a = 1\nb = 2\n\n[c]\nd = 3", |_| None).unwrap();
    let lines = ["a", "b", "c", "c.d"].map(|field| document.locate(field).unwrap());
    assert_eq!(lines, [1, 2, 4, 5]);
}
