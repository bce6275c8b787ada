//! Memory: at rest, and with streams held open.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;

use crate::contestant::Contestant;
use crate::load::Connection;
use crate::results::{Case, Unit};
use crate::scene::Scene;
use crate::{Outcome, process};

/// The memory of a contestant at rest and with each number of streams that have begun and stand still.
///
/// Memory only grows, so each number is more than the one before, and the streams stay open.
///
/// # Errors
/// When a stream does not begin.
pub(crate) async fn measure(contestant: &Contestant, counts: &[usize]) -> Outcome<Vec<Case>> {
    let at_rest = process::memory(contestant.pid())?;
    let mut cases = vec![case("memory", contestant, "at rest", at_rest)];
    let question = Scene::Held.question(&Scene::Held.model());
    let mut open = Vec::new();
    for &count in counts {
        while open.len() < count {
            open.push(begin(contestant, &question).await?);
        }
        // Whatever is freed or shrunk a moment later is not held.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let used = process::memory(contestant.pid())?;
        let streams = format!("{count} streams open");
        cases.push(case("memory", contestant, &streams, used));
        if Some(&count) == counts.last() {
            let each = used.saturating_sub(at_rest) / count as u64;
            cases.push(case("memory per open stream", contestant, &streams, each));
        }
    }
    Ok(cases)
}

/// A connection with a stream whose first content has come.
async fn begin(
    contestant: &Contestant,
    question: &Bytes,
) -> Outcome<(Connection, hyper::body::Incoming)> {
    let mut connection = Connection::open(contestant.address).await?;
    let answer = connection.send(question).await?;
    if !answer.status().is_success() {
        let status = answer.status();
        return Err(format!("{} answers {status} to a stream", contestant.name).into());
    }
    let mut body = answer.into_body();
    body.frame().await.ok_or("the stream ended at once")??;
    Ok((connection, body))
}

fn case(group: &str, contestant: &Contestant, value: &str, bytes: u64) -> Case {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let bytes = bytes as f64;
    Case::of(group, contestant.name, Unit::Bytes, &[bytes]).with_value(value)
}
