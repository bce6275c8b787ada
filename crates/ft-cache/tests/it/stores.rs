//! Bounds of the stores, and that the deterministic one is.

use std::sync::Arc;

use ft_cache::{CacheConfig, Entry, Key, MapStore, MokaStore, Store};
use ft_core::Tick;
use proptest::prelude::*;

use crate::{SCOPE, answer};

fn key(number: u8) -> Key {
    Key::from_bytes([number; 32])
}

fn entry(bytes: usize) -> Arc<Entry> {
    let fill = answer(&"x".repeat(bytes));
    Arc::new(Entry::new(fill, &SCOPE, &CacheConfig::default(), Tick::ZERO))
}

fn held(store: &dyn Store) -> Vec<u8> {
    (0..12).filter(|&number| store.get(&key(number)).is_some()).collect()
}

#[test]
fn an_entry_weighs_its_text_and_more() {
    let (small, large) = (entry(10).weight(), entry(10_010).weight());
    assert_eq!(large - small, 10_000);
    assert!(small > 10 + size_of::<Entry>(), "{small}");
}

#[test]
fn unknown_fields_weigh_more_than_their_text() {
    let mut fill = answer("x");
    let response = Arc::make_mut(&mut fill.response);
    let logprobs = serde_json::json!({ "content": vec![serde_json::json!({ "a": -0.1 }); 100] });
    let text = logprobs.to_string().len();
    response.choices[0].logprobs = Some(logprobs);
    let heavy = Entry::new(fill, &SCOPE, &CacheConfig::default(), Tick::ZERO);
    assert!(heavy.weight() > entry(1).weight() + 2 * text, "{} {text}", heavy.weight());
}

#[test]
fn the_map_forgets_the_oldest_first() {
    let store = MapStore::new(3 * entry(1_000).weight() as u64);
    for number in 0..5 {
        store.put(key(number), entry(1_000));
    }
    assert_eq!(held(&store), [2, 3, 4]);
    store.get(&key(2)).unwrap();
    store.put(key(2), entry(1_000));
    store.put(key(5), entry(1_000));
    assert_eq!(held(&store), [2, 4, 5], "put again, it is the newest");
}

#[test]
fn the_map_does_not_keep_what_is_larger_than_all_of_it() {
    let store = MapStore::new(entry(1_000).weight() as u64);
    store.put(key(1), entry(1_000));
    store.put(key(2), entry(1_001));
    assert_eq!(held(&store), [1]);
    store.put(key(1), entry(1_001));
    assert!(store.is_empty(), "nor does it keep the older one that this one takes the place of");
    assert_eq!(store.bytes(), 0);
}

#[test]
fn moka_stays_within_its_bytes() {
    let capacity = 20 * entry(1_000).weight() as u64;
    let store = MokaStore::new(capacity, std::time::Duration::ZERO);
    for number in 0..=255 {
        store.put(key(number), entry(1_000));
    }
    let (bytes, entries) = store.held();
    assert!(bytes <= capacity, "{bytes} > {capacity}");
    assert!((10..=20).contains(&entries), "{entries}");
}

proptest! {
    #[test]
    fn the_map_never_exceeds_its_bytes_and_repeats_itself(
        puts in prop::collection::vec((0_u8..12, 0_usize..3_000), 0..40),
    ) {
        let stores = [MapStore::new(9_000), MapStore::new(9_000)];
        for (number, bytes) in puts {
            for store in &stores {
                store.put(key(number), entry(bytes));
                let kept = held(store);
                let weight: usize =
                    kept.iter().map(|&number| store.get(&key(number)).unwrap().weight()).sum();
                prop_assert_eq!(store.bytes(), weight);
                prop_assert!(weight <= 9_000);
            }
            prop_assert_eq!(held(&stores[0]), held(&stores[1]));
        }
    }
}
