//! The buffer before the hash, and text that ought to be JSON.

use ft_core::ChatRequest;

use super::json;
use super::sink::{Sink, Through};
use super::{Key, Scope};

const SCOPE: Scope<'_> = Scope { tenant: "t", chain: "c" };

fn encoded(write: impl FnOnce(&mut Through<'_, &mut dyn FnMut(&[u8])>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut gather = |piece: &[u8]| bytes.extend_from_slice(piece);
    let mut gather: &mut dyn FnMut(&[u8]) = &mut gather;
    write(&mut Through(&mut gather));
    bytes
}

#[test]
fn the_key_is_the_hash_of_the_encoding_for_every_way_to_fill_the_buffer() {
    for length in (0..700).chain([1_023, 1_024, 65_536]) {
        let request = ChatRequest::user("x".repeat(length)).with_model("y".repeat(length % 300));
        let mut bytes = Vec::new();
        Key::encode(&SCOPE, &request, |piece| bytes.extend_from_slice(piece));
        assert_eq!(Key::of(&SCOPE, &request).0, *blake3::hash(&bytes).as_bytes(), "{length}");
    }
}

#[test]
fn no_count_is_the_beginning_of_another() {
    let counts = [0, 1, 127, 128, 129, 16_383, 16_384, u64::MAX - 1, u64::MAX];
    let written = counts.map(|count| encoded(|to| to.count(count)));
    for (a, one) in written.iter().enumerate() {
        for (b, other) in written.iter().enumerate() {
            assert!(a == b || !other.starts_with(one), "{} and {}", counts[a], counts[b]);
        }
    }
}

fn arguments(text: &str) -> Vec<u8> {
    encoded(|to| json::json_text(to, text))
}

#[test]
fn whitespace_between_the_tokens_of_arguments_does_not_count() {
    let tight = arguments(r#"{"city":"Old \" Town","days":[1,2]}"#);
    let wide = "\t{ \"city\" : \"Old \\\" Town\" ,\r\n \"days\": [ 1, 2 ] }\n";
    assert_eq!(arguments(wide), tight);
}

#[test]
fn whitespace_inside_the_strings_of_arguments_counts() {
    assert_ne!(arguments(r#"{"a":"b c"}"#), arguments(r#"{"a":"bc"}"#));
    assert_ne!(arguments(r#"{"a":"\\" ,"b ":1}"#), arguments(r#"{"a":"\\","b":1}"#));
    assert_ne!(arguments(r#"{"a":"\" b"}"#), arguments(r#"{"a":"\"b"}"#));
}

#[test]
fn what_is_not_json_counts_byte_by_byte() {
    assert_ne!(arguments("[1 2]"), arguments("[12]"));
    assert_ne!(arguments("hello world"), arguments("helloworld"));
    assert_ne!(arguments(""), arguments(" "));
    assert_ne!(arguments("{"), arguments("{ "));
    assert_ne!(arguments("12"), arguments("1 2"));
}

#[test]
fn debug_shows_only_the_beginning() {
    let key = Key::from_bytes(std::array::from_fn(|at| u8::try_from(at).unwrap()));
    assert_eq!(format!("{key:?}"), "Key(0001020304050607…)");
}
