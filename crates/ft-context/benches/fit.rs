//! What fitting and counting cost, beside a reference in the same run.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ft_context::{Counter, Estimator, Strategy, Window, fit};
use ft_core::chat::Tool;
use ft_core::{ChatRequest, Message};
use serde_json::json;

const LINE: &str =
    "A circuit breaker watches the calls that go to a dependency, and stops them when it fails. ";

fn text(bytes: usize) -> String {
    LINE.chars().cycle().take(bytes).collect()
}

fn conversation(turns: usize, bytes: usize) -> ChatRequest {
    let mut messages = vec![Message::system("You are a helpful assistant.")];
    for _ in 0..turns {
        messages.push(Message::user(text(bytes)));
        messages.push(Message::assistant(text(bytes)));
    }
    messages.push(Message::user("And now?"));
    ChatRequest::new(messages)
}

fn plainly_fitting(c: &mut Criterion) {
    let mut group = c.benchmark_group("plainly fitting");
    let window = Window::new(128_000);
    let one = ChatRequest::user(text(1 << 10)).with_system("You are a helpful assistant.");
    let schema = json!({"type": "object", "required": ["city"], "properties": {
        "city": {"type": "string", "description": "The city, with its country if it is not clear."},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
    }});
    let tools = (0..4).fold(one.clone(), |request, _| {
        request.with_tool(Tool::function("get_weather", "The weather of a city.", schema.clone()))
    });
    let requests = [
        ("1 KiB", &one),
        ("1 KiB and 4 tools", &tools),
        ("64 KiB", &ChatRequest::user(text(64 << 10))),
        ("64 KiB in 128 messages", &conversation(64, 512)),
    ];
    for (name, request) in requests {
        group.bench_function(BenchmarkId::new("fit", name), |b| {
            b.iter(|| fit(black_box(request), &window, &Estimator::O200K, &Strategy::DropOldest));
        });
        group.bench_function(BenchmarkId::new("ref a clone of it", name), |b| {
            b.iter(|| black_box(request).clone());
        });
    }
    group.finish();
}

fn dropping(c: &mut Criterion) {
    let mut group = c.benchmark_group("dropping from 200 messages of 1 KiB");
    let request = conversation(100, 1 << 10);
    let window = Window::new(16_000);
    group.bench_function("estimated", |b| {
        b.iter(|| fit(black_box(&request), &window, &Estimator::O200K, &Strategy::DropOldest));
    });
    #[cfg(feature = "exact")]
    group.bench_function("exact", |b| {
        let counter = ft_context::Exact::O200K;
        b.iter(|| fit(black_box(&request), &window, &counter, &Strategy::DropOldest));
    });
    group.finish();
}

fn hostile(c: &mut Criterion) {
    let mut group = c.benchmark_group("hostile");
    let window = Window::new(1_000);
    for size in [1 << 20, 1 << 22] {
        group.throughput(Throughput::Bytes(size));
        let letters = "x".repeat(usize::try_from(size).unwrap_or(0));
        let request = ChatRequest::user(letters);
        group.bench_function(BenchmarkId::new("one letter, estimated", size), |b| {
            b.iter(|| fit(black_box(&request), &window, &Estimator::O200K, &Strategy::DropOldest));
        });
        #[cfg(feature = "exact")]
        group.bench_function(BenchmarkId::new("one letter, exact", size), |b| {
            let counter = ft_context::Exact::O200K;
            b.iter(|| fit(black_box(&request), &window, &counter, &Strategy::DropOldest));
        });
    }
    for messages in [25_000, 100_000] {
        group.throughput(Throughput::Elements(messages));
        let request =
            ChatRequest::new(vec![Message::user("hi"); usize::try_from(messages).unwrap_or(0)]);
        group.bench_function(BenchmarkId::new("short messages", messages), |b| {
            b.iter(|| fit(black_box(&request), &window, &Estimator::O200K, &Strategy::DropOldest));
        });
    }
    group.finish();
}

fn counting(c: &mut Criterion) {
    let mut group = c.benchmark_group("counting 4 KiB of prose");
    let text = text(4 << 10);
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("estimated", |b| {
        b.iter(|| Estimator::O200K.count_text(black_box(&text)));
    });
    #[cfg(feature = "exact")]
    group.bench_function("exact", |b| {
        b.iter(|| ft_context::Exact::O200K.count_text(black_box(&text)));
    });
    let reference = tiktoken_rs::o200k_base_singleton();
    group.bench_function("ref tiktoken-rs", |b| {
        b.iter(|| reference.encode_ordinary(black_box(&text)).len());
    });
    group.finish();
}

fn quick() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(700))
}

criterion_group! { name = benches; config = quick(); targets = plainly_fitting, dropping, hostile, counting }
criterion_main!(benches);
