//! A gateway of a whole configuration over a scripted upstream, asked without sockets of its own.

use axum::Router;
use axum::body::Body;
use ft_client::config::InvalidConfig;
use ft_gateway::config::GatewayConfig;
use ft_gateway::{Gateway, Outlets, Reload};
use ft_sim::{Scripts, Upstream};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

/// The gateway and what stands behind it.
pub(crate) struct Office {
    pub(crate) upstream: Upstream,
    pub(crate) gateway: Gateway,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Office {
    /// The provider `sim` is there; chains and everything else are in `toml`.
    pub(crate) fn of(scripts: Scripts, toml: &str) -> Self {
        let upstream = Upstream::start(scripts).unwrap();
        let gateway = Gateway::new(config(&upstream, toml), Outlets::default()).unwrap();
        Self { upstream, gateway }
    }

    /// The same office under another file.
    pub(crate) fn reload(&self, toml: &str) -> Result<Reload, InvalidConfig> {
        self.gateway.reload(config(&self.upstream, toml))
    }

    /// Asks as a caller with this key.
    pub(crate) async fn chat(&self, key: &str, body: &Value) -> Told {
        let request = Request::post("/v1/chat/completions")
            .header("authorization", format!("Bearer {key}"))
            .body(Body::from(body.to_string()));
        ask(self.gateway.public(), request.unwrap()).await
    }

    pub(crate) async fn get(&self, key: &str, path: &str) -> Told {
        let request = Request::get(path).header("authorization", format!("Bearer {key}"));
        ask(self.gateway.public(), request.body(Body::empty()).unwrap()).await
    }

    /// Asks the admin API from this machine.
    pub(crate) async fn look(&self, path: &str) -> Told {
        let request = Request::get(path).header("host", "127.0.0.1:8081").body(Body::empty());
        ask(self.gateway.admin(), request.unwrap()).await
    }

    /// As [`look`](Self::look), with a body.
    pub(crate) async fn turn(&self, path: &str, body: &str) -> Told {
        let request = Request::post(path)
            .header("host", "127.0.0.1:8081")
            .header("content-type", "application/json")
            .body(Body::from(body.to_owned()));
        ask(self.gateway.admin(), request.unwrap()).await
    }
}

fn config(upstream: &Upstream, toml: &str) -> GatewayConfig {
    let text = format!(
        "{toml}\n[providers.sim]\nbase_url = \"{}\"\nkeys = [\"sk-upstream-0123456789ab\"]\n\
         prices = \"holysheep\"\n",
        upstream.base_url()
    );
    GatewayConfig::from_toml("office.toml", &text, |_| None).unwrap()
}

impl Told {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

pub(crate) async fn ask(router: Router, request: Request<Body>) -> Told {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let response = router.oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8(body.to_vec()).unwrap();
    Told { status: head.status, headers: head.headers, text }
}
