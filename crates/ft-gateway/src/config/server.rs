//! Where the gateway listens, and what a connection may take.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ft_client::config::units;
use http::HeaderMap;
use serde::Deserialize;

use super::KeyHash;
use crate::caller::presented;

/// Where the gateway listens, and what a connection may take.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// The address for callers. Default `127.0.0.1:8080`: this machine only, until there are callers with keys.
    #[serde(with = "address")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub listen: SocketAddr,
    /// The address of the status page and the admin API, or `false` for none. Default `127.0.0.1:8081`: a listener
    /// of its own, so that nothing of it can be reached through the callers' one.
    #[serde(with = "admin_address")]
    #[cfg_attr(feature = "schema", schemars(with = "ft_client::config::schema::OrFalse<String>"))]
    pub admin: Option<SocketAddr>,
    /// The SHA-256 of each key of the admin API. Default: none, which only an address of this machine may have.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<ft_client::config::schema::HashText>"))]
    #[cfg_attr(feature = "schema", serde(serialize_with = "nothing"))]
    pub admin_key_sha256: Vec<KeyHash>,
    /// The origins whose pages may ask from a browser, such as `"https://chat.example.com"`, or `"*"` for every page,
    /// which takes callers. Default: none.
    pub cors_origins: Vec<String>,
    /// The most bytes of a request's body. Default `32MiB`: a dozen photographs in a prompt. At most `64MiB`, which
    /// is what is sent to a provider.
    #[serde(with = "units::bytes")]
    #[cfg_attr(feature = "schema", schemars(with = "ft_client::config::schema::SizeText"))]
    pub max_body: u64,
    /// The most bytes of the bodies of all requests under way. Default `256MiB`, eight of the largest; a gateway takes
    /// two to three times as much memory for them. Who comes when it is full gets a 503, and may come again.
    #[serde(with = "units::bytes")]
    #[cfg_attr(feature = "schema", schemars(with = "ft_client::config::schema::SizeText"))]
    pub max_buffered: u64,
    /// The most bytes of a request's head. Default `64KiB`, eight times what SDKs send.
    #[serde(with = "units::bytes")]
    #[cfg_attr(feature = "schema", schemars(with = "ft_client::config::schema::SizeText"))]
    pub max_header_bytes: u64,
    /// How long a request's head may take, from its first byte; the first one from the connection's beginning. Default
    /// `10s`: whoever sends a byte a minute holds a connection, not the gateway.
    #[serde(with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "ft_client::config::schema::DurationText"))]
    pub header_timeout: Duration,
    /// How long a connection is kept for the next request. Default `75s`: load balancers keep theirs for 60 s, and who
    /// closes first must be they, or a request meets a closed connection.
    #[serde(with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "ft_client::config::schema::DurationText"))]
    pub idle_timeout: Duration,
    /// How long a request's body may take. Default `30s`: 32 MiB at 9 Mbit/s.
    #[serde(with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "ft_client::config::schema::DurationText"))]
    pub body_timeout: Duration,
    /// How long a reader may take nothing before its connection is closed, or its stream over HTTP/2. Default `60s`: a
    /// phone that changes networks comes back sooner or not at all.
    #[serde(with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "ft_client::config::schema::DurationText"))]
    pub write_timeout: Duration,
    /// How long answers under way may take when the gateway is told to stop. Default `30s`, as container platforms
    /// wait before they kill.
    #[serde(with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "ft_client::config::schema::DurationText"))]
    pub drain: Duration,
    /// Connections at once; more wait to be accepted. Default 10,000, half of what descriptors usually allow, since
    /// each may hold one upstream.
    pub max_connections: u32,
    /// Streams at once on one connection of HTTP/2. Default 200.
    pub max_streams: u32,
    /// Connections that the system holds until they are accepted; it may have a lower limit of its own. Default 4,096:
    /// a thousand that come at once wait for no retransmission.
    pub backlog: u32,
    /// Threads that serve requests. Default 0: one for each processor, or as `TOKIO_WORKER_THREADS` says.
    pub worker_threads: u32,
    /// Whether a changed file is read again. Default true; `SIGHUP` does so in any case. A file that cannot be used
    /// changes nothing and is told in the log.
    pub watch: bool,
    /// Whether each request is a line of JSON on stdout, without its prompt. Default true.
    pub access_log: bool,
    /// Whether log, status page, admin API and reports tell what code and type a provider failed with, and the sentence
    /// where it is one that it sends to everybody. Default true. All its words are told to the caller alone, for they may
    /// quote the prompt.
    pub log_provider_text: bool,
    /// A file with a line of JSON for each request, for the simulator and without its prompt; where it is not empty at
    /// the start, the next one with a number (`trace-2.jsonl`). Default: none.
    pub trace: Option<PathBuf>,
    /// Requests that are remembered for the status page. Default 200, some 100 KiB.
    pub recent: u32,
}

impl ServerConfig {
    /// Whether these headers present a key of the admin API.
    pub(crate) fn is_admin(&self, headers: &HeaderMap) -> bool {
        presented(headers).is_some_and(|given| KeyHash::of(given).is_one_of(&self.admin_key_sha256))
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            listen: local(8080),
            admin: Some(local(8081)),
            admin_key_sha256: Vec::new(),
            cors_origins: Vec::new(),
            max_body: 32 << 20,
            max_buffered: 256 << 20,
            max_header_bytes: 64 << 10,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(60),
            drain: Duration::from_secs(30),
            max_connections: 10_000,
            max_streams: 200,
            backlog: 4_096,
            worker_threads: 0,
            watch: true,
            access_log: true,
            log_provider_text: true,
            trace: None,
            recent: 200,
        }
    }
}

/// Hashes have no place in a schema's defaults; there are none.
#[cfg(feature = "schema")]
fn nothing<S: serde::Serializer>(_: &[KeyHash], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq::<[u8; 0]>([])
}

/// An address with its port.
mod address {
    use std::net::SocketAddr;

    use serde::{Deserialize, Deserializer};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
        parse(&String::deserialize(from)?).map_err(serde::de::Error::custom)
    }

    #[cfg(feature = "schema")]
    pub(super) fn serialize<S: serde::Serializer>(
        address: &SocketAddr,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(address)
    }

    /// `localhost` is this machine; other names would have to be looked up, and may be several.
    pub(super) fn parse(text: &str) -> Result<SocketAddr, &'static str> {
        let text = match text.strip_prefix("localhost:") {
            Some(port) => format!("127.0.0.1:{port}"),
            None => text.to_owned(),
        };
        text.parse().map_err(
            |_| "must be an IP address and a port, such as \"127.0.0.1:8080\" or \"[::]:8080\"",
        )
    }
}

/// An address with its port, or `false`.
mod admin_address {
    use std::fmt;
    use std::net::SocketAddr;

    use serde::Deserializer;
    use serde::de::{Error, Visitor};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<SocketAddr>, D::Error> {
        struct Address;
        impl Visitor<'_> for Address {
            type Value = Option<SocketAddr>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string with an address and a port, or false for none")
            }

            fn visit_bool<E: Error>(self, on: bool) -> Result<Self::Value, E> {
                if on {
                    return Err(E::custom(
                        "must be an address and a port, such as \"127.0.0.1:8081\", or false for none",
                    ));
                }
                Ok(None)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                super::address::parse(text).map(Some).map_err(E::custom)
            }
        }
        from.deserialize_any(Address)
    }

    #[cfg(feature = "schema")]
    pub(super) fn serialize<S: serde::Serializer>(
        address: &Option<SocketAddr>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match address {
            Some(address) => to.collect_str(address),
            None => to.serialize_bool(false),
        }
    }
}
