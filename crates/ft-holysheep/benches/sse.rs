//! What reading a stream and classifying a failure cost, beside the JSON parsing that nobody can do without.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ft_core::{ChatChunk, UnixMillis};
use ft_holysheep::{ChunkReader, Classifier};
use http::HeaderMap;

fn chunk(at: usize) -> String {
    format!(
        "{{\"id\":\"chatcmpl-FAKE1\",\"object\":\"chat.completion.chunk\",\"created\":1770000000,\
         \"model\":\"fake-model\",\"system_fingerprint\":\"fp_FAKE\",\"choices\":[{{\"index\":0,\
         \"delta\":{{\"content\":\" word{at}\"}},\"logprobs\":null,\"finish_reason\":null}}]}}"
    )
}

fn drain(reader: &mut ChunkReader) -> usize {
    std::iter::from_fn(|| reader.next_item()).filter(Result::is_ok).count()
}

fn streams(c: &mut Criterion) {
    let chunks: Vec<String> = (0..100).map(chunk).collect();
    let stream: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    let classifier = Classifier::builtin();
    let mut group = c.benchmark_group("stream of 100 chunks");
    group.throughput(Throughput::Elements(100));
    group.bench_function("ref serde_json alone", |b| {
        b.iter(|| {
            for chunk in &chunks {
                black_box(serde_json::from_str::<ChatChunk>(chunk).ok());
            }
        });
    });
    group.bench_function("in one piece", |b| {
        b.iter(|| {
            let mut reader = ChunkReader::new(classifier.clone());
            reader.push(stream.as_bytes());
            assert_eq!(drain(&mut reader), 100);
        });
    });
    group.bench_function("in pieces of 100 bytes", |b| {
        b.iter(|| {
            let mut reader = ChunkReader::new(classifier.clone());
            let read = |piece| {
                reader.push(piece);
                drain(&mut reader)
            };
            assert_eq!(stream.as_bytes().chunks(100).map(read).sum::<usize>(), 100);
        });
    });
    group.finish();
}

fn failures(c: &mut Criterion) {
    let by_code = br#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#;
    let by_status = br#"{"error":{"message":"The purple hamsters of this endpoint are striking against their wheels, and nobody knows for how long.","type":"hamster_error","param":null,"code":null}}"#;
    let (classifier, headers) = (Classifier::builtin(), HeaderMap::new());
    let mut group = c.benchmark_group("classify");
    group.bench_function("ref serde_json alone", |b| {
        b.iter(|| serde_json::from_slice::<serde_json::Value>(black_box(by_status)));
    });
    for (name, body) in [("by code", &by_code[..]), ("through the whole table", by_status)] {
        group.bench_function(name, |b| {
            b.iter(|| classifier.classify(500, &headers, black_box(body), UnixMillis(0)));
        });
    }
    group.finish();
}

fn quick() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
}

criterion_group! { name = benches; config = quick(); targets = streams, failures }
criterion_main!(benches);
