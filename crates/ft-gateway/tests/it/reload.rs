//! A file that changes while it is served.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ft_gateway::{ConfigFile, Gateway, Outlets, Reload, Unusable};
use ft_sim::{Reply, Scripts, Upstream};
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::stand::question;

/// A file of this test alone, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("ft-gateway-{}-{name}.toml", std::process::id())))
    }

    fn write(&self, text: &str) {
        std::fs::write(&self.0, text).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn file(upstream: &Upstream, model: &str, rest: &str) -> String {
    format!(
        "[providers.sim]\nbase_url = \"{}\"\nkeys = [\"sk-upstream-0123456789ab\"]\n\n\
         [[chains.default.tiers]]\nname = \"only\"\n\
         targets = [{{ provider = \"sim\", model = \"{model}\" }}]\n{rest}",
        upstream.base_url()
    )
}

/// What was written, to be looked at.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn gateway(file: ConfigFile) -> Gateway {
    let gateway = Gateway::new(file.read().unwrap(), Outlets::default()).unwrap();
    gateway.follow(file);
    gateway
}

async fn ask(gateway: &Gateway, body: &Value) -> axum::response::Response {
    let request = Request::post("/v1/chat/completions")
        .body(axum::body::Body::from(body.to_string()))
        .unwrap();
    gateway.public().oneshot(request).await.unwrap()
}

fn after_restart(reload: Reload) -> Vec<&'static str> {
    match reload {
        Reload::Done { after_restart, .. } => after_restart,
        Reload::Unchanged => panic!("it was not read"),
    }
}

async fn answer(gateway: &Gateway) -> String {
    let body = ask(gateway, &question("default")).await.into_body().collect().await.unwrap();
    let body: Value = serde_json::from_slice(&body.to_bytes()).unwrap();
    body["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
}

async fn served_by(gateway: &Gateway) -> String {
    let response = ask(gateway, &question("default")).await;
    response.headers()["x-ft-served-by"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_changed_file_is_served_and_a_stream_under_way_ends_as_it_began() {
    let slow = Reply::text("One two three four.").per_chunk(Duration::from_millis(30));
    let scripts = Scripts::new().model("a", slow).model("b", Reply::text("New."));
    let upstream = Upstream::start(scripts).unwrap();
    let scratch = Scratch::new("changed");
    scratch.write(&file(&upstream, "a", ""));
    let gateway = gateway(ConfigFile::new(&scratch.0));
    let mut body = question("default");
    body["stream"] = json!(true);
    let stream = ask(&gateway, &body).await;

    scratch.write(&file(&upstream, "b", ""));
    let model = "chains.default.tiers[0].targets[0].model".to_owned();
    let done = |changed| Reload::Done { after_restart: vec![], changed };
    assert_eq!(gateway.reload_from_file(false).await.unwrap().unwrap(), done(vec![model]));
    assert_eq!(gateway.reload_from_file(false).await.unwrap().unwrap(), Reload::Unchanged);
    assert_eq!(gateway.reload_from_file(true).await.unwrap().unwrap(), done(vec![]));

    assert_eq!(served_by(&gateway).await, "sim/b");
    let whole = stream.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8(whole.to_vec()).unwrap();
    assert!(text.ends_with("data: [DONE]\n\n") && text.contains("four"), "{text}");
}

#[tokio::test]
async fn a_bad_file_keeps_the_old_one_and_says_where_it_is_bad_once() {
    let upstream = Upstream::start(Scripts::new().model("a", Reply::text("Old."))).unwrap();
    let scratch = Scratch::new("bad");
    let good = file(&upstream, "a", "");
    scratch.write(&good);
    let gateway = gateway(ConfigFile::new(&scratch.0));
    scratch.write(&good.replace("only", ""));
    let Err(Unusable::Invalid(wrong)) = gateway.reload_from_file(false).await.unwrap() else {
        panic!("a tier without a name cannot be")
    };
    assert_eq!(wrong.line(), Some(6), "{wrong}");
    assert_eq!(gateway.reload_from_file(false).await.unwrap().unwrap(), Reload::Unchanged);
    assert_eq!(served_by(&gateway).await, "sim/a");
    drop(std::fs::remove_file(&scratch.0));
    assert!(matches!(
        gateway.reload_from_file(false).await,
        Some(Err(Unusable::Unreadable { .. }))
    ));
    let again = gateway.reload_from_file(false).await.unwrap();
    assert_eq!(again.unwrap(), Reload::Unchanged, "it is still not there, which was said");
    assert!(gateway.reload_from_file(true).await.unwrap().is_err(), "who asks is told again");
    assert_eq!(served_by(&gateway).await, "sim/a");
}

#[tokio::test]
async fn a_file_that_is_being_written_is_not_served_before_it_rests() {
    let upstream = Upstream::start(Scripts::new().model("a", Reply::text("Hi."))).unwrap();
    let scratch = Scratch::new("half");
    let whole = file(&upstream, "a", "\n[spend]\nlimit = \"$1\"\nunknown_price = \"warn\"\n");
    scratch.write(&whole);
    let gateway = gateway(ConfigFile::new(&scratch.0));
    let half = &whole[..whole.find("[spend]").unwrap()];
    for anew in [false, true] {
        scratch.write(half);
        let rest = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            scratch.write(&format!("{whole}# {anew}\n"));
        };
        let (reloaded, ()) = tokio::join!(gateway.reload_from_file(anew), rest);
        assert_eq!(after_restart(reloaded.unwrap().unwrap()), [""; 0]);
        assert!(gateway.client().budget().is_some(), "the half file was served");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_where_the_file_was_holds_nobody_up() {
    let upstream = Upstream::start(Scripts::new().model("a", Reply::text("Hi."))).unwrap();
    let scratch = Scratch::new("pipe");
    scratch.write(&file(&upstream, "a", ""));
    let gateway = gateway(ConfigFile::new(&scratch.0));
    std::fs::remove_file(&scratch.0).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&scratch.0).status().unwrap();
    assert!(made.success());
    let unread = gateway.reload_from_file(true).await.unwrap().unwrap_err();
    assert!(unread.to_string().contains("no regular file"), "{unread}");
    assert_eq!(served_by(&gateway).await, "sim/a");
}

#[tokio::test]
async fn a_key_from_a_file_of_its_own_is_another_after_a_reload() {
    let script = ft_sim::Script::from_fn(|seen| match seen.credential.contains("new1") {
        true => Reply::text("New."),
        false => Reply::text("Old."),
    });
    let upstream = Upstream::start(Scripts::new().otherwise(script)).unwrap();
    let (scratch, key) = (Scratch::new("rotating"), Scratch::new("key"));
    key.write("sk-upstream-0123456789-old1\n");
    let text = file(&upstream, "a", "");
    scratch.write(
        &text.replace("sk-upstream-0123456789ab", &format!("${{file:{}}}", key.0.display())),
    );
    let gateway = gateway(ConfigFile::new(&scratch.0));
    assert_eq!(answer(&gateway).await, "Old.");
    key.write("sk-upstream-0123456789-new1\n");
    let Ok(Reload::Done { changed, .. }) = gateway.reload_from_file(true).await.unwrap() else {
        panic!("it can be served")
    };
    assert_eq!(changed, ["providers.sim.keys"]);
    assert_eq!(answer(&gateway).await, "New.");
}

#[tokio::test]
async fn what_holds_only_after_a_restart_is_named() {
    let upstream = Upstream::start(Scripts::new().model("a", Reply::text("Hi."))).unwrap();
    let scratch = Scratch::new("restart");
    scratch.write(&file(&upstream, "a", ""));
    let gateway = gateway(ConfigFile::new(&scratch.0));
    scratch.write(&file(&upstream, "a", "\n[server]\nlisten = \"127.0.0.1:9\"\ndrain = \"1s\"\n"));
    let reloaded = gateway.reload_from_file(false).await.unwrap().unwrap();
    assert_eq!(after_restart(reloaded), ["server.listen", "server.drain"]);
}

#[tokio::test]
async fn what_holds_only_after_a_restart_is_named_until_the_file_is_as_it_was() {
    let upstream = Upstream::start(Scripts::new().model("a", Reply::text("Hi."))).unwrap();
    let scratch = Scratch::new("again");
    let as_started = file(&upstream, "a", "");
    scratch.write(&as_started);
    let gateway = gateway(ConfigFile::new(&scratch.0));
    let reload = async || after_restart(gateway.reload_from_file(true).await.unwrap().unwrap());
    let (listen, drain) = ("listen = \"127.0.0.1:9\"\n", "drain = \"1s\"\n");
    for (rest, names) in [
        (drain, vec!["server.drain"]),
        // It is still not in effect, whatever else is read.
        (drain, vec!["server.drain"]),
        (&format!("{listen}{drain}"), vec!["server.listen", "server.drain"]),
        (listen, vec!["server.listen"]),
    ] {
        scratch.write(&file(&upstream, "a", &format!("\n[server]\n{rest}")));
        assert_eq!(reload().await, names, "{rest}");
    }
    scratch.write(&as_started);
    assert_eq!(reload().await, [""; 0]);
}

#[tokio::test]
async fn what_the_command_line_said_is_no_change_of_the_file() {
    let upstream = Upstream::start(Scripts::new().model("a", Reply::text("Hi."))).unwrap();
    let scratch = Scratch::new("overridden");
    scratch.write(&file(&upstream, "a", ""));
    let listen = |server: &mut ft_gateway::config::ServerConfig| {
        server.listen = "127.0.0.1:9".parse().unwrap();
    };
    let gateway = gateway(ConfigFile::new(&scratch.0).with_server(listen));
    scratch.write(&file(&upstream, "a", "\n[server]\nlisten = \"127.0.0.1:10\"\n"));
    let reloaded = gateway.reload_from_file(false).await.unwrap().unwrap();
    assert_eq!(after_restart(reloaded), [""; 0]);
}

#[tokio::test]
async fn a_reload_answers_as_it_is_described() {
    let upstream = Upstream::start(Scripts::new().model("a", Reply::text("Hi."))).unwrap();
    let scratch = Scratch::new("described");
    let good = file(&upstream, "a", "");
    scratch.write(&good);
    let gateway = gateway(ConfigFile::new(&scratch.0));
    let look = |request: http::request::Builder| {
        let request = request.header("host", "127.0.0.1:8081").body(axum::body::Body::empty());
        crate::office::ask(gateway.admin(), request.unwrap())
    };
    let described = look(Request::get("/admin/openapi.json")).await.json();
    let described = &described["paths"]["/admin/reload"]["post"]["responses"];
    for (text, status) in [(good.replace("only", ""), "422"), (good, "200")] {
        scratch.write(&text);
        let told = look(Request::post("/admin/reload")).await;
        assert_eq!(told.status.as_str(), status, "{told:?}");
        assert!(described.get(status).is_some(), "{described}");
    }
    assert!(described.get("400").is_none(), "{described}");
}

#[tokio::test]
async fn log_and_trace_have_a_line_for_a_request_and_nothing_of_what_was_said() {
    let upstream = Upstream::start(Scripts::new().model("a", Reply::text("A secret."))).unwrap();
    let config =
        ft_gateway::config::GatewayConfig::from_toml("", &file(&upstream, "a", ""), |_| None);
    let (log, trace) = (Written::default(), Written::default());
    let outlets =
        Outlets { access_log: Some(Box::new(log.clone())), trace: Some(Box::new(trace.clone())) };
    let gateway = Gateway::new(config.unwrap(), outlets).unwrap();
    let response = ask(&gateway, &question("default")).await;
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    drop(gateway);
    let line = |written: &Written| loop {
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        if text.ends_with('\n') {
            assert!(!text.contains("Hello") && !text.contains("secret"), "{text}");
            break serde_json::from_str::<Value>(&text).unwrap();
        }
        std::thread::yield_now();
    };
    let line_of_log = line(&log);
    assert_eq!(line_of_log["request_id"], id.as_str());
    assert_eq!(line_of_log["served_by"], "sim/a");
    assert_eq!(line_of_log["status"], 200);
    assert_eq!(line(&trace)["chain"], "default");
}
