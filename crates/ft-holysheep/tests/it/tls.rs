//! TLS: an authority of one's own is trusted when given, and only then.
//!
//! The certificates in `tests/data/tls` were made for this test and are good for 127.0.0.1; the authority's key
//! was thrown away.

use std::net::TcpListener;
use std::sync::Arc;

use ft_core::{Call, ChatRequest, ErrorKind, Provider};
use ft_holysheep::HttpConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::server::{GOOD, JSON, KEY, answer};

const AUTHORITY: &[u8] = include_bytes!("../data/tls/ca.pem");

/// A server that answers one call, and its URL.
fn serve() -> String {
    let certificate = include_bytes!("../data/tls/server.pem");
    let key = include_bytes!("../data/tls/server.key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate).unwrap()],
            PrivateKeyDer::from_pem_slice(key).unwrap(),
        )
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/v1", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (socket, _) = listener.accept().unwrap();
        let session = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = rustls::StreamOwned::new(session, socket);
        let mut seen = Vec::new();
        let mut piece = [0; 1024];
        while !seen.ends_with(b"}]}") {
            match stream.read(&mut piece) {
                Ok(length @ 1..) => seen.extend_from_slice(&piece[..length]),
                _ => return,
            }
        }
        let _ = stream.write_all(&answer(200, JSON, GOOD));
    });
    url
}

#[tokio::test]
async fn a_given_authority_is_trusted() {
    let key = ft_core::ApiKey::new(KEY).unwrap();
    let config = HttpConfig::new("test", serve()).with_key(key).with_ca_pem(AUTHORITY);
    let provider = config.build().unwrap();
    let response = provider.chat(&Call::new("m"), &ChatRequest::user("Hi")).await.unwrap();
    assert_eq!(response.text(), "Hi");
    assert!(rustls::crypto::CryptoProvider::get_default().is_none(), "nothing process-wide");
}

#[tokio::test]
async fn an_unknown_authority_is_no_connection() {
    let provider = HttpConfig::new("test", serve()).build().unwrap();
    let error = provider.chat(&Call::new("m"), &ChatRequest::user("Hi")).await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (ErrorKind::Connect, false));
}
