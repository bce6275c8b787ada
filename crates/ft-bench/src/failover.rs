//! Failover: how long after a fault the next target is asked, and how much later the answer comes.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::header::HOST;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Outcome;
use crate::contestant::Contestant;
use crate::load::{Options, load};
use crate::results::{Case, Unit};
use crate::scene::{Fault, Scene};
use crate::upstream::GAPS;

/// For each fault: from the upstream's fault to the next target's request, seen by the upstream; and the time to the
/// first byte of an answer, with the fault and without.
///
/// # Errors
/// When an answer fails, since none may.
pub(crate) async fn measure(
    gateway: &Contestant,
    upstream: SocketAddr,
    requests: u64,
) -> Outcome<Vec<Case>> {
    let mut cases = Vec::new();
    for fault in Fault::ALL {
        let scene = Scene::Fault(fault);
        let next = if scene.is_streamed() { Scene::Burst(100) } else { Scene::Plain(1024) };
        take_gaps(upstream).await?;
        let faulted = ask(gateway, scene, requests).await?;
        let gaps = take_gaps(upstream).await?;
        let healthy = ask(gateway, next, requests).await?;
        let group = "from a fault to the next target's request";
        cases.push(Case::of(group, gateway.name, Unit::Ns, &gaps).with_value(fault.name()));
        let group = "first byte of an answer";
        let first = |id: &str, at: f64| Case::of(group, id, Unit::Ns, &[at]);
        cases.push(first("gateway, after a fault", faulted).with_value(fault.name()));
        cases.push(first("ref gateway, no fault", healthy).with_value(fault.name()));
    }
    Ok(cases)
}

/// The median time to the first byte, one request after the other.
async fn ask(gateway: &Contestant, scene: Scene, requests: u64) -> Outcome<f64> {
    let options = Options {
        to: gateway.address,
        model: scene.model(),
        scene: None,
        connections: 1,
        millis: 60_000,
        rate: None,
        requests: Some(requests),
        headers: Vec::new(),
    };
    let seen = load(&options).await?;
    if seen.errors > 0 {
        return Err(format!("{} of {requests} requests failed at {scene:?}", seen.errors).into());
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    Ok(seen.first.p50 as f64)
}

/// What the upstream has seen since it was last asked.
async fn take_gaps(upstream: SocketAddr) -> Outcome<Vec<f64>> {
    let socket = TcpStream::connect(upstream).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(socket)).await?;
    let mut driver = JoinSet::new();
    driver.spawn(async move {
        let _ = connection.await;
    });
    let request = Request::get(GAPS).header(HOST, "upstream").body(Empty::<bytes::Bytes>::new())?;
    let answer = sender.send_request(request).await?.into_body().collect().await?.to_bytes();
    Ok(serde_json::from_slice(&answer)?)
}
