//! The provider that `--simulate` asks: an upstream on loopback whose answers say what they are.

use std::time::Duration;

use ft_sim::{Reply, Script, Scripts, Upstream};

use crate::failure::Failure;

/// Starts it. It serves every model, and stops when dropped.
///
/// # Errors
/// When there is no socket to be had.
pub(crate) fn start() -> Result<Upstream, Failure> {
    let script = Script::from_fn(|seen| {
        let words = seen
            .chat()
            .and_then(|chat| chat.messages.last())
            .map_or(0, |question| question.content.text().split_whitespace().count());
        let (model, count) =
            (seen.model, if words == 1 { "1 word".to_owned() } else { format!("{words} words") });
        let text = format!(
            "This answer is simulated: no model read your question of {count}, and nothing was paid. \
             It did come over a real socket, as a real stream, through the whole client. \
             With HOLYSHEEP_API_KEY set and without --simulate, {model} would have answered here."
        );
        // The pace of a quick model, so that one sees it stream.
        Reply::as_asked(seen, text)
            .latency(Duration::from_millis(180))
            .per_chunk(Duration::from_millis(15))
    });
    Upstream::start(Scripts::new().otherwise(script)).map_err(|error| {
        Failure::failed(format!("the simulated provider cannot listen on 127.0.0.1: {error}"))
    })
}
