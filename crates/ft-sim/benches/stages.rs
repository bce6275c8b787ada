//! What a modelled attempt costs on each stage, beside a bare echo over the same kind of socket.

#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up should stop")]

use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ft_core::{Call, ChatRequest, ManualClock, Provider};
use ft_sim::{Log, Model, Profile, Reply, Scripts, SimProvider, Upstream, UpstreamConfig};
use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn in_process(c: &mut Criterion) {
    let mut profile = Profile::article_openai();
    profile.latency = ft_sim::Latency::ZERO;
    profile.faults.hang = 0.0;
    profile.faults.stall = 0.0;
    let scripts = Scripts::new().model("m", Model::new(profile).unwrap());
    let clock = Arc::new(ManualClock::default());
    let sim = SimProvider::with_log("sim", scripts, clock, 1, Log::counting());
    let (call, request) = (Call::new("m"), ChatRequest::user("x".repeat(1_024)));
    c.bench_function("in-process, modelled, 1 KiB", |b| {
        b.iter(|| sim.chat(&call, &request).now_or_never().unwrap());
    });
}

async fn connect(address: std::net::SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).await.unwrap();
    socket.set_nodelay(true).unwrap();
    socket
}

async fn exchange(socket: &mut TcpStream, request: &[u8], end: &[u8], buffer: &mut Vec<u8>) {
    socket.write_all(request).await.unwrap();
    buffer.clear();
    while !buffer.ends_with(end) {
        assert_ne!(socket.read_buf(buffer).await.unwrap(), 0);
    }
}

/// Client and server share one thread, so that the time is that of both together.
fn over_http(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let guard = runtime.enter();
    let mut config = UpstreamConfig::default();
    config.log = Log::counting();
    let reply = Reply::text("word ".repeat(40)).without_usage();
    let upstream = Upstream::start_with(reply, config).unwrap();
    let prompt = "x".repeat(1_024);
    let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{prompt}"}}]}}"#);
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: sim\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let echo = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    echo.set_nonblocking(true).unwrap();
    let echo = TcpListener::from_std(echo).unwrap();
    let echo_address = echo.local_addr().unwrap();
    let server = runtime.spawn(async move {
        let (mut socket, _) = echo.accept().await.unwrap();
        let mut buffer = Vec::with_capacity(4_096);
        while socket.read_buf(&mut buffer).await.unwrap() > 0 {
            socket.write_all(&buffer).await.unwrap();
            buffer.clear();
        }
    });
    drop(guard);
    let mut group = c.benchmark_group("one keep-alive connection, client included");
    for (name, address, end) in [
        ("ref bare echo", echo_address, &b"}"[..]),
        ("upstream, plain", upstream.address(), b"}]}"),
    ] {
        let mut socket = runtime.block_on(connect(address));
        let mut buffer = Vec::with_capacity(8_192);
        group.bench_function(name, |b| {
            b.iter_batched(
                || (),
                |()| runtime.block_on(exchange(&mut socket, request.as_bytes(), end, &mut buffer)),
                BatchSize::SmallInput,
            );
        });
    }
    server.abort();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = in_process, over_http
}
criterion_main!(benches);
