//! Many calls at once while providers fail: nothing multiplies, nobody waits beside a free target.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use ft_client::Outcome;
use ft_core::decide::Skip;
use ft_sim::{Log, Outcome as Seen, Reply, Script, Scripts};
use futures_util::future::join_all;

use crate::trial::{Setup, WAYS, Way, a_gives, millis, secs, setup};

/// A script that gives `reply` and notes how many attempts at `model` were open at once at most.
fn watched(model: &'static str, reply: Reply) -> (Script, Arc<AtomicU64>, Arc<OnceLock<Log>>) {
    let (most, log) = (Arc::new(AtomicU64::new(0)), Arc::new(OnceLock::<Log>::new()));
    let (seen, book) = (Arc::clone(&most), Arc::clone(&log));
    let script = Script::from_fn(move |_| {
        let open = book.get().map_or(0, |log| log.count_of(model, Seen::Open));
        seen.fetch_max(open, Ordering::Relaxed);
        reply.clone()
    });
    (script, most, log)
}

#[tokio::test(start_paused = true)]
async fn five_hundred_calls_at_a_throttling_primary_are_served_by_the_secondary_once_each() {
    for way in WAYS {
        let (b, most, log) = watched("b", Reply::text("well").latency(millis(200)));
        let a = Reply::throttled(secs(30)).latency(millis(20));
        let trial = setup("a | b", Scripts::new().model("a", a).model("b", b)).build();
        let _ = log.set(trial.log.clone());
        let answers = join_all((0..500).map(|_| trial.ask(way))).await;
        for answer in &answers {
            let report = &answer.as_ref().unwrap().report;
            let full = |skip| report.attempts.iter().any(|a| a.outcome == Outcome::Skipped(skip));
            // Whoever found the second one full had nobody else to ask.
            assert!(report.latency <= millis(220) || full(Skip::InFlight), "{report:?}");
            assert!(report.latency <= secs(5), "{:?}", report.latency);
        }
        assert!(trial.log.count("b") <= 500, "{} calls", trial.log.count("b"));
        assert!(most.load(Ordering::Relaxed) <= 256, "the in-flight limit");
        assert!(trial.log.count("a") <= 256, "as many as fit before the first answer");
        trial.assert_idle();
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_sleeps_while_a_target_is_free() {
    let trial = setup("a | b | c", a_gives(Reply::throttled(secs(30)))).build();
    for answer in join_all((0..500).map(|_| trial.ask(Way::Plain))).await {
        assert_eq!(answer.unwrap().report.latency, secs(0));
    }
}

fn all_fail(tune: impl Fn(Setup) -> Setup) -> Setup {
    let shape = "a | other/b | third/c";
    let fails = || Scripts::from(Reply::status(500).latency(millis(5)));
    tune(setup(shape, fails()).provider("other", fails()).provider("third", fails()))
}

#[tokio::test(start_paused = true)]
async fn when_every_target_fails_attempts_stay_within_the_cap() {
    for way in WAYS {
        // Without breakers nothing but the budgets is in the way.
        let trial = all_fail(|setup| {
            setup.config(|config| {
                config.breaker.consecutive_failures = None;
                config.breaker.failure_ratio = None;
            })
        })
        .build();
        for _ in 0..100 {
            join_all((0..10).map(|_| trial.ask(way))).await;
            tokio::time::sleep(millis(100)).await;
        }
        let began_to_end = trial.now().as_millis() / 1_000 + 1;
        let most = 2_200 + 10 + began_to_end;
        let made = trial.log.total();
        assert!(made <= most, "{made} attempts of 1000 requests");
        assert!(made >= 2_000, "a first attempt and a first fallback are never refused: {made}");
    }
}

#[tokio::test(start_paused = true)]
async fn when_every_target_fails_breakers_leave_next_to_nothing() {
    let trial = all_fail(|setup| setup).build();
    for second in 0..60 {
        if second == 1 {
            trial.log.clear();
        }
        for _ in 0..100 {
            trial.ask(Way::Plain).await.unwrap_err();
            tokio::time::sleep(millis(9)).await;
        }
    }
    let made = trial.log.total();
    assert!(made <= 1_180, "{made} attempts of 5900 requests after the first second");
}

#[tokio::test(start_paused = true)]
async fn retries_of_one_provider_are_a_share_of_its_first_attempts() {
    let trial = setup("a | b", Scripts::from(Reply::status(500)))
        .config(|config| {
            config.breaker.consecutive_failures = None;
            config.breaker.failure_ratio = None;
        })
        .build();
    join_all((0..500).map(|_| trial.ask(Way::Plain))).await;
    let made = trial.log.total();
    let repeats = 100 + 10 + 2;
    assert!((1_000..=1_000 + repeats).contains(&made), "{made} attempts of 500 requests");
}

#[tokio::test(start_paused = true)]
async fn repeats_of_a_sole_target_are_half_of_its_first_attempts() {
    let trial = setup("a", Scripts::from(Reply::status(500)))
        .config(|config| {
            config.breaker.consecutive_failures = None;
            config.breaker.failure_ratio = None;
        })
        .build();
    join_all((0..500).map(|_| trial.ask(Way::Plain))).await;
    let made = trial.log.total();
    assert!((500..=500 + 250 + 12).contains(&made), "{made} attempts of 500 requests");
}
