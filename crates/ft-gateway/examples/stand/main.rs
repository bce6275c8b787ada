//! The stand that real clients judge the gateway on: a scripted upstream, the gateway before it, and a listener on
//! which a judge makes worlds of both and asks what they saw.
//!
//! It prints one line of JSON with the listener's address, and ends when standard input does:
//!
//! | | |
//! |---|---|
//! | `POST /worlds` | makes a world; the body's fields stand for `${…}` in its configuration |
//! | `GET /worlds/N/log` | the attempts that upstream saw |
//! | `GET /worlds/N/requests` | how often the gateway was asked |
//! | `POST /worlds/N/drain` | ends its gateway as SIGTERM does |
//! | `POST /worlds/N/reload` | serves its configuration anew, as a changed file does |
//! | `GET /worlds/N/stopped` | whether it has ended |
//! | `DELETE /worlds/N` | ends it at once |

mod scenarios;
mod world;

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, State};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use world::World;

type Reply = Result<Json<Value>, (StatusCode, String)>;

/// Worlds by number. Each has sockets of its own, so that no case can disturb another.
#[derive(Clone, Default)]
struct Worlds(Arc<Mutex<Vec<Option<Arc<World>>>>>);

impl Worlds {
    fn all(&self) -> MutexGuard<'_, Vec<Option<Arc<World>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, id: usize) -> Result<Arc<World>, (StatusCode, String)> {
        let gone = || (StatusCode::NOT_FOUND, format!("there is no world {id}"));
        self.all().get(id).cloned().flatten().ok_or_else(gone)
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "a program that others start and read")]
async fn main() -> Result<(), Box<dyn Error>> {
    let router = Router::new()
        .route("/worlds", post(make))
        .route("/worlds/{id}", delete(end))
        .route("/worlds/{id}/log", get(log))
        .route("/worlds/{id}/requests", get(requests))
        .route("/worlds/{id}/drain", post(drain))
        .route("/worlds/{id}/reload", post(reload))
        .route("/worlds/{id}/stopped", get(stopped))
        .with_state(Worlds::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", json!({"control": format!("http://{}", listener.local_addr()?)}));
    let ended = async {
        let mut stdin = tokio::io::stdin();
        // A closed input is the end that is asked for.
        let _ = stdin.read_to_end(&mut Vec::new()).await;
    };
    tokio::select! {
        biased;
        () = ended => Ok(()),
        served = axum::serve(listener, router).into_future() => Ok(served?),
    }
}

async fn make(
    State(worlds): State<Worlds>,
    Json(variables): Json<BTreeMap<String, String>>,
) -> Reply {
    let world = World::new(variables).await.map_err(|error| failed(&*error))?;
    let mut made = world.addresses();
    let mut all = worlds.all();
    made["id"] = all.len().into();
    all.push(Some(Arc::new(world)));
    Ok(Json(made))
}

fn failed(error: &dyn Error) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

async fn end(State(worlds): State<Worlds>, Path(id): Path<usize>) -> Reply {
    let gone = worlds.all().get_mut(id).and_then(Option::take).is_some();
    Ok(Json(json!({ "ended": gone })))
}

async fn log(State(worlds): State<Worlds>, Path(id): Path<usize>) -> Reply {
    Ok(Json(json!({"attempts": worlds.get(id)?.attempts()})))
}

async fn requests(State(worlds): State<Worlds>, Path(id): Path<usize>) -> Reply {
    Ok(Json(json!({"requests": worlds.get(id)?.requests()})))
}

async fn drain(State(worlds): State<Worlds>, Path(id): Path<usize>) -> Reply {
    worlds.get(id)?.drain();
    Ok(Json(json!({})))
}

async fn reload(State(worlds): State<Worlds>, Path(id): Path<usize>) -> Reply {
    worlds.get(id)?.reload().map_err(|wrong| failed(&wrong))?;
    Ok(Json(json!({})))
}

async fn stopped(State(worlds): State<Worlds>, Path(id): Path<usize>) -> Reply {
    Ok(Json(json!({"stopped": worlds.get(id)?.has_stopped()})))
}
