//! `ft serve`: what is left of requests when the process ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::check::Written;
use crate::process::ft;

/// A server that ends with the test, however that ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_request_that_is_cut_at_the_end_is_in_the_log() {
    // It takes requests and answers none.
    let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
    let file = Written::new(
        "serve",
        &format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nadmin = false\ndrain = \"0s\"\n\
             [providers.p]\nbase_url = \"http://{}/v1\"\n\
             [[chains.default.tiers]]\nname = \"t\"\ntargets = [{{ provider = \"p\", model = \"m\" }}]\n",
            upstream.local_addr().unwrap()
        ),
    );
    let mut command = ft(&["serve", "--config", &file.path()]);
    let mut server = Server(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let mut said = BufReader::new(server.0.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("serving http://") {
        line.clear();
        assert_ne!(said.read_line(&mut line).unwrap(), 0, "it ended before it served");
    }
    let at = line.split("http://").nth(1).unwrap().split('/').next().unwrap();

    let body = r#"{"messages":[{"role":"user","content":"Hello?"}]}"#;
    let mut caller = TcpStream::connect(at).unwrap();
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nx-request-id: cut";
    write!(caller, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let (mut asked, _) = upstream.accept().unwrap();
    asked.read_exact(&mut [0]).unwrap();
    assert!(Command::new("kill").arg(server.0.id().to_string()).status().unwrap().success());

    let mut log = String::new();
    server.0.stdout.take().unwrap().read_to_string(&mut log).unwrap();
    assert_eq!(server.0.wait().unwrap().code(), Some(0));
    let line: Value = serde_json::from_str(&log).expect(&log);
    assert_eq!((&line["request_id"], &line["status"]), (&"cut".into(), &499.into()), "{line}");
}
