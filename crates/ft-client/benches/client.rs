//! What the client costs beside what it is made of, each reference in the same run (`ref …`).

#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up should stop")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use criterion::{Criterion, criterion_group, criterion_main};
use ft_client::cache::{Cache, CacheConfig, Fill, Key, Lookup, Quality, Scope, ServedBy};
use ft_client::config::{CacheSettings, ClientConfig, ProviderConfig, TargetConfig};
use ft_client::context::{Strategy, Window, counter_for, fit};
use ft_client::core::decide::{
    Event, Ledger, MidStream, Plan, PlannedTarget, TargetView, View, decide,
};
use ft_client::{CacheStatus, CallOptions, Client};
use ft_core::{
    Call, ChatRequest, ChatResponse, Clock, ErrorKind, Provider, ProviderError, SystemClock, Tick,
    Usage,
};
use ft_sim::{Log, Reply, Scripts, Upstream, UpstreamConfig};
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};

const MODEL: &str = "gpt-4.1";

fn prompt() -> ChatRequest {
    ChatRequest::user("A question of a kibibyte. ".repeat(40)).with_temperature(0.2)
}

fn answer() -> ChatResponse {
    let mut answer = ChatResponse::of_text(MODEL, "An answer of two kilobytes. ".repeat(72));
    answer.usage = Some(Usage::new(260, 500));
    answer
}

/// The time that this thread has spent on a processor.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Answers at once with the same words.
struct Instant(ChatResponse);

#[async_trait]
impl Provider for Instant {
    fn name(&self) -> &str {
        "holysheep"
    }

    async fn chat(&self, _: &Call, _: &ChatRequest) -> Result<ChatResponse, ProviderError> {
        Ok(self.0.clone())
    }
}

fn client(fresh_for: Duration) -> Client {
    Client::builder()
        .provider(Instant(answer()))
        .tier("primary", [TargetConfig::new("holysheep", MODEL)])
        .cache(CacheSettings { fresh_for, ..CacheSettings::default() })
        .build()
        .unwrap()
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A hit through the whole client, beside its parts: the canonical encoding, its hash and the look-up.
fn cache_hit(c: &mut Criterion) {
    let runtime = runtime();
    let mut group = c.benchmark_group("cache hit, 1 KiB");
    let request = prompt();
    let client = client(Duration::from_secs(3_600));
    let first = runtime.block_on(client.chat(request.clone())).unwrap();
    assert_eq!(first.report.cache, CacheStatus::Miss);
    let second = runtime.block_on(client.chat(request.clone())).unwrap();
    assert_eq!(second.report.cache, CacheStatus::Hit);

    let config = CacheConfig::default().with_fresh_for(Duration::from_secs(3_600));
    let cache = Cache::in_memory(config).unwrap();
    let scope = Scope { tenant: "", chain: "default" };
    let served_by = ServedBy { provider: "holysheep".to_owned(), model: MODEL.to_owned() };
    let fill = Fill {
        response: Arc::new(answer()),
        usage: None,
        served_by,
        tier: "primary".to_owned(),
        quality: Quality::Full,
    };
    let now = Tick::from_secs(1);
    cache.fill(Key::of(&scope, &request), &scope, fill, now).unwrap();
    group.bench_function("ref key and look-up", |b| {
        b.iter(|| match cache.lookup(&Key::of(&scope, black_box(&request)), now) {
            Lookup::Fresh(entry) => entry,
            Lookup::Stale(_) | Lookup::Miss => unreachable!("it was filled"),
        });
    });
    group.bench_function("ref the same, answer cloned", |b| {
        b.iter(|| match cache.lookup(&Key::of(&scope, black_box(&request)), now) {
            Lookup::Fresh(entry) => ChatResponse::clone(&entry.response),
            Lookup::Stale(_) | Lookup::Miss => unreachable!("it was filled"),
        });
    });
    // The client takes the request, so that each ask has a copy made: its price stands beside.
    group.bench_function("ref a copy of the request", |b| b.iter(|| black_box(&request).clone()));
    group.bench_function("through the client", |b| {
        b.to_async(&runtime).iter(|| client.chat(black_box(&request).clone()));
    });
    group.finish();
}

/// A live call whose provider answers at once: what is left is the client's own work.
fn in_process(c: &mut Criterion) {
    let runtime = runtime();
    let mut group = c.benchmark_group("live call, provider at once");
    let request = prompt();
    let provider: Arc<dyn Provider> = Arc::new(Instant(answer()));
    let call = Call::new(MODEL);
    group.bench_function("ref the provider alone", |b| {
        b.to_async(&runtime)
            .iter(|| async { provider.chat(&call, &black_box(&request).clone()).await.unwrap() });
    });
    let kept = client(Duration::ZERO);
    group.bench_function("through the client", |b| {
        b.to_async(&runtime).iter(|| kept.chat(black_box(&request).clone()));
    });
    group.bench_function("through the client, nothing kept for later", |b| {
        b.to_async(&runtime).iter(|| {
            kept.chat_with(black_box(&request).clone(), CallOptions::new().without_cache())
        });
    });
    group.finish();
}

/// A modelled upstream on a thread of its own, so that its work is not counted.
struct Served {
    upstream: Upstream,
    _runtime: Runtime,
}

fn serve(scripts: impl Into<Scripts>) -> Served {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let guard = runtime.enter();
    let mut config = UpstreamConfig::default();
    config.log = Log::counting();
    let upstream = Upstream::start_with(scripts, config).unwrap();
    drop(guard);
    Served { upstream, _runtime: runtime }
}

fn over_http(url: String, models: &[&str], change: impl FnOnce(&mut ClientConfig)) -> Client {
    let builder = models.iter().fold(Client::builder(), |builder, model| {
        builder.tier(*model, [TargetConfig::new("holysheep", *model)])
    });
    let builder = builder.configure(|config| {
        config.providers.insert("holysheep".to_owned(), ProviderConfig::new(url));
    });
    builder.configure(change).build().unwrap()
}

/// Processor time of the calling thread, not the clock's: waiting for the socket is nobody's work.
fn over_loopback(c: &mut Criterion) {
    let served = serve(Reply::text("An answer of two kilobytes. ".repeat(72)));
    let url = served.upstream.base_url();
    let runtime = runtime();
    let request = prompt().with_model(MODEL);
    let body = serde_json::to_vec(&request).unwrap();
    // Plain HTTP needs no TLS, but its client is not made without a provider of it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let bare = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = || {
        let post = bare.post(format!("{url}/chat/completions"));
        post.header("content-type", "application/json")
    };
    let mut group = c.benchmark_group("live call over loopback, processor time");
    group.bench_function("ref bare reqwest", |b| {
        b.iter_custom(|times| {
            runtime.block_on(async {
                let begun = cpu_time();
                for _ in 0..times {
                    let answer = post().body(body.clone()).send().await.unwrap();
                    black_box(answer.bytes().await.unwrap());
                }
                cpu_time() - begun
            })
        });
    });
    group.bench_function("ref reqwest with typed bodies", |b| {
        b.iter_custom(|times| {
            runtime.block_on(async {
                let begun = cpu_time();
                for _ in 0..times {
                    let body = serde_json::to_vec(&request).unwrap();
                    let answer = post().body(body).send().await.unwrap().bytes().await.unwrap();
                    black_box(serde_json::from_slice::<ChatResponse>(&answer).unwrap());
                }
                cpu_time() - begun
            })
        });
    });
    let client = over_http(url.clone(), &[MODEL], |_| {});
    group.bench_function("through the client", |b| {
        b.iter_custom(|times| {
            runtime.block_on(async {
                let begun = cpu_time();
                for _ in 0..times {
                    black_box(client.chat(request.clone()).await.unwrap());
                }
                cpu_time() - begun
            })
        });
    });
    group.finish();
}

/// From the moment that a fault is known until the next target's request begins, by the answer's own report.
fn fall_through(c: &mut Criterion) {
    let runtime = runtime();
    let scripts = Scripts::new().model("down", Reply::status(500)).otherwise(Reply::ok());
    let served = serve(scripts);
    // The breaker would soon keep the faults away.
    let client = over_http(served.upstream.base_url(), &["down", "up"], |config| {
        config.breaker.consecutive_failures = None;
        config.breaker.failure_ratio = None;
    });
    let request = prompt();
    let mut group = c.benchmark_group("fault over loopback");
    group.bench_function("from the fault to the next attempt", |b| {
        b.iter_custom(|times| {
            let mut sum = Duration::ZERO;
            for _ in 0..times {
                let answer = runtime.block_on(client.chat(request.clone())).unwrap();
                let [fault, next] = &answer.report.attempts[..] else { panic!("two attempts") };
                sum += next.began.saturating_sub(fault.began + fault.took);
            }
            sum
        });
    });
    group.bench_function("the whole request", |b| {
        b.to_async(&runtime).iter(|| client.chat(black_box(&request).clone()));
    });
    let healthy = over_http(served.upstream.base_url(), &["up"], |_| {});
    group.bench_function("ref one healthy request", |b| {
        b.to_async(&runtime).iter(|| healthy.chat(black_box(&request).clone()));
    });
    group.finish();
}

/// A primary that throttles: the gate is shut, and the request goes to the secondary at once.
fn gated(c: &mut Criterion) {
    let runtime = runtime();
    let throttled = Reply::throttled(Duration::from_secs(2));
    let served = serve(Scripts::new().model("busy", throttled).otherwise(Reply::ok()));
    let client = over_http(served.upstream.base_url(), &["busy", "free"], |_| {});
    let free = over_http(served.upstream.base_url(), &["free"], |_| {});
    let request = prompt();
    let mut group = c.benchmark_group("throttled primary over loopback");
    group.bench_function("ref without it", |b| {
        b.to_async(&runtime).iter(|| free.chat(black_box(&request).clone()));
    });
    group.bench_function("through the shut gate", |b| {
        b.to_async(&runtime).iter(|| client.chat(black_box(&request).clone()));
    });
    group.finish();
}

/// Knows no model.
struct Gone;

#[async_trait]
impl Provider for Gone {
    fn name(&self) -> &str {
        "gone"
    }

    async fn chat(&self, _: &Call, _: &ChatRequest) -> Result<ChatResponse, ProviderError> {
        Err(ProviderError::new(ErrorKind::ModelNotFound))
    }
}

/// A request that passes over every target of its chain, all of them out: ten times as many cost ten times as much.
fn all_out(c: &mut Criterion) {
    let runtime = runtime();
    let mut group = c.benchmark_group("all targets out");
    for (name, targets) in [("ref 100", 100), ("1000", 1_000)] {
        let models = (0..targets).map(|model| TargetConfig::new("gone", format!("m{model}")));
        let client = Client::builder()
            .provider(Gone)
            .tier("primary", models.collect::<Vec<_>>())
            .build()
            .unwrap();
        let ask = || runtime.block_on(client.chat(ChatRequest::user("hi"))).unwrap_err();
        while ask().report().is_none_or(|report| report.attempts_made() > 0) {}
        group.bench_function(name, |b| b.iter(ask));
    }
    group.finish();
}

fn parts(c: &mut Criterion) {
    let mut group = c.benchmark_group("parts");
    let clock = SystemClock::new();
    group.bench_function("ref clock read", |b| b.iter(|| clock.now()));

    let request = prompt();
    let window = Window::for_request(&request, 128_000, Some(32_768));
    let counter = counter_for(MODEL);
    group.bench_function("fit of a request that plainly fits", |b| {
        b.iter(|| fit(black_box(&request), &window, counter, &Strategy::default()));
    });

    let target =
        PlannedTarget { provider: 0, tier: 0, max_attempts: 1, credentials: 1, prefill: false };
    let plan = Plan {
        targets: vec![target; 3],
        rounds: 2,
        max_attempts: 6,
        deadline: Tick::from_secs(90),
        throttle_patience: Duration::ZERO,
        patience: Duration::from_secs(2),
        same_target_retries: 1,
        quick_backoff: Duration::from_millis(100),
        filtered_falls_through: false,
        mid_stream: MidStream::Fail,
        hedge: false,
        last_resorts: true,
        emergency: false,
        backoff: vec![Duration::from_millis(100)],
    };
    let views = [TargetView { credential_free: true, ..TargetView::default() }; 3];
    let view = View { targets: &views, stale: false };
    let ledger = Ledger::new(3);
    let now = Tick::from_secs(1);
    group.bench_function("decide", |b| {
        b.iter(|| decide(black_box(&plan), black_box(&ledger), &view, &Event::Start, now));
    });
    group.finish();
}

fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(30)
}

criterion_group! {
    name = benches;
    config = short();
    targets = cache_hit, in_process, over_loopback, fall_through, gated, all_out, parts
}
criterion_main!(benches);
