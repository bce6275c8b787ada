//! The HTTP client of one endpoint, made from its settings.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::USER_AGENT;
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Proxy, Url, redirect};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::{HttpConfig, InvalidConfig};

/// Headers that belong to the adapter or the transport.
const RESERVED: [&str; 8] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "host",
    "idempotency-key",
    "transfer-encoding",
];

/// How it calls itself, unless the settings say otherwise.
const AGENT: &str = concat!("ft-holysheep/", env!("CARGO_PKG_VERSION"));

pub(crate) fn build(
    config: &HttpConfig,
    tls: rustls::ClientConfig,
    proxy: Option<Proxy>,
) -> Result<Client, InvalidConfig> {
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(config.connect_timeout)
        // A redirect would carry the key and the prompt to a place that nobody configured.
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy();
    if let Some(proxy) = proxy {
        builder = builder.proxy(proxy);
    }
    builder.build().map_err(|_| InvalidConfig::new("base_url", "no HTTP client can be made for it"))
}

/// The proxy that stands before the endpoint. None stands before this machine.
pub(crate) fn proxy_for(config: &HttpConfig, base: &Url) -> Result<Option<Proxy>, InvalidConfig> {
    let proxy = config.proxy.as_deref().map(proxy).transpose()?;
    Ok(proxy.filter(|_| !is_loopback(base)))
}

/// Ring and the public authorities, given to this client alone: nothing process-wide is installed.
pub(crate) fn tls(config: &HttpConfig) -> Result<rustls::ClientConfig, InvalidConfig> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(pem) = &config.ca_pem {
        let wrong = |rule| InvalidConfig::new("ca_pem", rule);
        let mut found = false;
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| wrong("is not valid PEM"))?;
            roots.add(certificate).map_err(|_| wrong("holds something that is no certificate"))?;
            found = true;
        }
        if !found {
            return Err(wrong("holds no certificate in PEM"));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| InvalidConfig::new("tls", "no protocol version is available"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = match config.http2 {
        true => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        false => vec![b"http/1.1".to_vec()],
    };
    Ok(tls)
}

fn proxy(url: &str) -> Result<Proxy, InvalidConfig> {
    let wrong = || InvalidConfig::new("proxy", "must be an http:// or https:// URL with a host");
    let parsed = Url::parse(url).map_err(|_| wrong())?;
    if !matches!(parsed.scheme(), "http" | "https") || parsed.host_str().is_none() {
        return Err(wrong());
    }
    Proxy::all(parsed).map_err(|_| wrong())
}

/// The URL that all requests begin with.
pub(crate) fn base_url(config: &HttpConfig) -> Result<Url, InvalidConfig> {
    let wrong = |rule: &str| InvalidConfig::new("base_url", rule);
    let url = Url::parse(config.base_url.trim()).map_err(|error| {
        wrong(&format!("is no URL ({error}); write it like https://api.holysheep.ai/v1"))
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("must be an https:// URL with a host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("must not hold a user or password; put the key into `keys`"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("must not hold a query or fragment; use `query` for that"));
    }
    if url.scheme() == "http" && !config.allow_plain_http && !is_loopback(&url) {
        return Err(wrong(
            "is http:// to another machine, where the key would travel readable; use https://, \
             or set `allow_plain_http`",
        ));
    }
    Ok(url)
}

/// The URL of a path below the base, with the query.
///
/// The base's own path stays: `Url::join` would drop its last part.
pub(crate) fn endpoint(base: &Url, path: &str, query: &[(String, String)]) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}

/// Whether a URL points at this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        address.map_or(host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
    })
}

/// The headers of every request, without the key's.
pub(crate) fn headers(config: &HttpConfig) -> Result<HeaderMap, InvalidConfig> {
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    for (name, value) in &config.headers {
        let wrong = |rule: &str| InvalidConfig::new(format!("headers.{name}"), rule);
        let header: HeaderName = name.parse().map_err(|_| wrong("is no header name"))?;
        if RESERVED.contains(&header.as_str()) {
            return Err(wrong("is set by the adapter"));
        }
        if !config.keys.is_empty() && header.as_str().eq_ignore_ascii_case(&config.auth_header) {
            return Err(wrong("is the header of the key; use `keys`"));
        }
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| wrong("has a value that no HTTP header can carry"))?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(headers)
}

/// The header of the key, and its value for each key.
pub(crate) fn credentials(
    config: &HttpConfig,
) -> Result<(HeaderName, Vec<HeaderValue>), InvalidConfig> {
    let name: HeaderName = config
        .auth_header
        .parse()
        .map_err(|_| InvalidConfig::new("auth_header", "is no header name"))?;
    let scheme = config.auth_scheme.trim();
    let values = config
        .keys
        .iter()
        .map(|key| {
            let text = match scheme {
                "" => key.expose().to_owned(),
                _ => format!("{scheme} {}", key.expose()),
            };
            let mut value = HeaderValue::try_from(text)?;
            value.set_sensitive(true);
            Ok(value)
        })
        .collect::<Result<_, http::header::InvalidHeaderValue>>()
        .map_err(|_| InvalidConfig::new("auth_scheme", "is no word that a header can carry"))?;
    Ok((name, values))
}
