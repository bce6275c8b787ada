//! A scripted upstream, a client over it, and a gateway in front, all on this machine.

use std::net::SocketAddr;
use std::time::Duration;

use ft_client::Client;
use ft_client::config::{ChainConfig, ClientConfig, ProviderConfig, TargetConfig, TierConfig};
use ft_gateway::{ConnectionLimits, Drained, Gateway};
use ft_sim::{Scripts, Upstream};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// It ends when it is dropped.
pub(crate) struct Stand {
    pub(crate) upstream: Upstream,
    pub(crate) gateway: Gateway,
    pub(crate) at: SocketAddr,
    pub(crate) http: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<Drained>,
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A chain of one tier per model.
pub(crate) fn chain(models: &[&str]) -> ChainConfig {
    let tier = |model: &&str| TierConfig::new(*model, [TargetConfig::new("sim", *model)]);
    ChainConfig {
        deadline: Duration::from_secs(20),
        ..ChainConfig::new(models.iter().map(tier).collect::<Vec<_>>())
    }
}

impl Stand {
    /// The default chain has these models, a tier each.
    pub(crate) async fn of(scripts: Scripts, models: &[&str]) -> Self {
        Self::with(scripts, |config| {
            config.chains.insert("default".to_owned(), chain(models));
        })
        .await
    }

    pub(crate) async fn with(scripts: Scripts, change: impl FnOnce(&mut ClientConfig)) -> Self {
        Self::limited(scripts, change, ConnectionLimits::default(), LONG).await
    }

    pub(crate) async fn limited(
        scripts: Scripts,
        change: impl FnOnce(&mut ClientConfig),
        limits: ConnectionLimits,
        drain: Duration,
    ) -> Self {
        let upstream = Upstream::start(scripts).unwrap();
        let mut config = ClientConfig::default();
        let provider =
            ProviderConfig::new(upstream.base_url()).with_key("sk-upstream-0123456789ab");
        config.providers.insert("sim".to_owned(), provider);
        change(&mut config);
        let build = || Client::builder().config(config).seed(1).build();
        let gateway = Gateway::build(build).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (router, served) = (gateway.public(), gateway.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            // A stand that is dropped does not stop, it ends.
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        #[expect(clippy::disallowed_methods, reason = "the server runs beside the test")]
        let serving =
            tokio::spawn(
                async move { served.serve(listener, router, limits, stopped, drain).await },
            );
        Self { upstream, gateway, at, http: http(), stop: Some(stop), serving }
    }

    /// Tells the server to stop.
    pub(crate) fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// How its end went.
    pub(crate) async fn drained(&mut self) -> Drained {
        (&mut self.serving).await.unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> reqwest::Response {
        self.http.post(self.url(path)).json(body).send().await.unwrap()
    }

    pub(crate) async fn chat(&self, body: &Value) -> reqwest::Response {
        self.post("/v1/chat/completions", body).await
    }
}

/// No test comes near it.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A question for a model.
pub(crate) fn question(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "Hello?"}]})
}

pub(crate) fn header<'a>(response: &'a reqwest::Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

fn http() -> reqwest::Client {
    // It wants one even where no TLS is spoken; who comes second finds it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
