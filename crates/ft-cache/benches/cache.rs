//! What a key, a get and a hit cost, beside what they are made of.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ft_cache::{
    Cache, CacheConfig, Fill, FlightKey, Flights, Key, MokaStore, Quality, Role, Scope, ServedBy,
    Store,
};
use ft_core::{ChatRequest, ChatResponse, Tick};

const SCOPE: Scope<'_> = Scope { tenant: "acme", chain: "default" };

fn request(bytes: usize) -> ChatRequest {
    ChatRequest::user("x".repeat(bytes)).with_model("gpt-4.1").with_temperature(0.2)
}

fn fill() -> Fill {
    Fill {
        response: Arc::new(ChatResponse::of_text("gpt-4.1", "y".repeat(2_000))),
        usage: None,
        served_by: ServedBy { provider: "holysheep".to_owned(), model: "gpt-4.1".to_owned() },
        tier: "primary".to_owned(),
        quality: Quality::Full,
    }
}

fn keys(c: &mut Criterion) {
    let mut group = c.benchmark_group("key");
    for kib in [1, 64] {
        let request = request(kib << 10);
        let mut encoded = Vec::new();
        Key::encode(&SCOPE, &request, |piece| encoded.extend_from_slice(piece));
        group.throughput(Throughput::Bytes(encoded.len() as u64));
        group.bench_function(BenchmarkId::new("key", kib), |b| {
            b.iter(|| Key::of(&SCOPE, black_box(&request)));
        });
        group.bench_function(BenchmarkId::new("ref blake3 of the same bytes", kib), |b| {
            b.iter(|| blake3::hash(black_box(&encoded)));
        });
        group.bench_function(BenchmarkId::new("encoding alone", kib), |b| {
            let mut kept = Vec::with_capacity(encoded.len());
            b.iter(|| {
                kept.clear();
                Key::encode(&SCOPE, black_box(&request), |piece| kept.extend_from_slice(piece));
                kept.len()
            });
        });
    }
    group.finish();
}

fn hits(c: &mut Criterion) {
    let mut group = c.benchmark_group("hit");
    let request = request(1 << 10);
    let key = Key::of(&SCOPE, &request);
    let config = CacheConfig::default().with_fresh_for(Duration::from_secs(3_600));

    let raw = moka::sync::Cache::builder()
        .max_capacity(64 << 20)
        .time_to_live(Duration::from_secs(86_400))
        .build();
    raw.insert(*key.as_bytes(), Arc::new(fill()));
    group.bench_function("ref moka get", |b| b.iter(|| raw.get(black_box(key.as_bytes()))));

    let store = Arc::new(MokaStore::new(64 << 20, config.lifetime()));
    let cache = Cache::new(Arc::clone(&store) as Arc<dyn Store>, config).expect("valid");
    cache.fill(key, &SCOPE, fill(), Tick::ZERO).expect("storable");
    group.bench_function("store get", |b| b.iter(|| store.get(black_box(&key))));
    let now = Tick::from_secs(1);
    group.bench_function("look-up", |b| b.iter(|| cache.lookup(black_box(&key), now)));
    group.bench_function("key and look-up, 1 KiB", |b| {
        b.iter(|| cache.lookup(&Key::of(&SCOPE, black_box(&request)), now));
    });
    group.finish();
}

fn flights(c: &mut Criterion) {
    let flights: Flights<Arc<str>> = Flights::new();
    let key = FlightKey(Key::of(&SCOPE, &request(1)), 0);
    let answer: Arc<str> = "answer".into();
    c.bench_function("flight/lead_and_finish", |b| {
        b.iter(|| match flights.join(black_box(key)) {
            Role::Lead(leader) => leader.finish(Arc::clone(&answer)),
            Role::Follow(_) => 0,
        });
    });
}

fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
}

criterion_group! { name = benches; config = short(); targets = keys, hits, flights }
criterion_main!(benches);
