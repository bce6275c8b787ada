//! Everything is down: the callers keep coming, and the providers must not be hit harder for it.

use ft_core::Tick;
use ft_sim::{Log, Reply, Script};

use crate::traffic::{Traffic, calls};
use crate::world::{figure, ms, world};

#[tokio::test(start_paused = true)]
async fn targets_that_all_fail_are_left_alone() {
    for streamed in [false, true] {
        let fails = || Script::from(Reply::status(500).latency(ms(20)));
        let targets = vec![("a", fails()), ("b", fails()), ("c", fails())];
        let world = world(targets, 1, Log::new(), |target| target, |_| {});
        let traffic = Traffic { every: ms(10), requests: 6_000, streamed };
        let calls = calls(&world.client, traffic).await;
        assert!(calls.iter().all(|call| !call.is_served()));
        let from = calls[0].at.after(ms(1_000));
        let requests = calls.iter().filter(|call| call.at >= from).count();
        let upstream: usize =
            ["a", "b", "c"].iter().map(|model| world.arrivals(model, from, Tick::MAX)).sum();
        #[expect(clippy::cast_precision_loss, reason = "counts of thousands")]
        let share = upstream as f64 / requests as f64;
        let slowest = calls.iter().map(|call| call.latency).max().unwrap();
        let what =
            format!("all 500, 60 s at 100/s, {}", if streamed { "streamed" } else { "plain" });
        figure(&format!("{what}: upstream calls a request"), format!("{share:.4}"), "<= 0.2");
        // Two rounds of three attempts, a second try of each tier within 250 ms, and the one back-off between the
        // rounds; nobody waits for a breaker.
        figure(&format!("{what}: slowest error"), format!("{slowest:?}"), "<= 1180ms");
        assert!(share <= 0.2);
        assert!(slowest <= ms(1_180));
    }
}
