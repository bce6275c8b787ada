//! Whatever happens, a request ends within its bounds.

use proptest::prelude::*;

use super::*;

fn any_event() -> impl Strategy<Value = (u8, bool, u64)> {
    (0..30_u8, any::<bool>(), 0..40_u64)
}

proptest! {
    /// Whatever happens, a request ends, within its attempts, and never waits past its deadline.
    #[test]
    fn every_request_ends_within_its_bounds(
        targets in 1..6_usize,
        rounds in 1..4_u32,
        repeats in 1..4_u32,
        patience in 0..3_u64,
        (retries, emergency, pilots) in (0..3_u32, any::<bool>(), any::<bool>()),
        events in proptest::collection::vec(any_event(), 40),
    ) {
        let mut plan = Plan { rounds, throttle_patience: Duration::from_secs(patience), mid_stream: MidStream::Continue, same_target_retries: retries, emergency, ..plan(targets) };
        for target in &mut plan.targets {
            target.max_attempts = repeats;
            target.credentials = 2;
            target.prefill = true;
        }
        let mut ledger = Ledger::new(targets);
        let mut views = vec![free(); targets];
        let mut now = Tick::from_secs(1);
        let mut event = Event::Start;
        let mut draws = events.into_iter().cycle();
        let mut steps = 0;
        let mut waited_from = None;
        loop {
            steps += 1;
            prop_assert!(steps < 20_000, "it does not end");
            ledger.note(&event, now);
            match decide(&plan, &ledger, &View { targets: &views, stale: false }, &event, now) {
                Step::Try { target, manner } => {
                    let (what, delivered, secs) = draws.next().unwrap();
                    let hint = Duration::from_secs(secs);
                    let retry_at = (secs > 0).then(|| now.after(hint));
                    event = match what {
                        0 => Event::Skipped { target, why: Skip::Gate, retry_at },
                        1 => Event::Skipped { target, why: Skip::InFlight, retry_at: None },
                        2 => Event::Skipped { target, why: Skip::Breaker, retry_at },
                        3 => Event::Skipped { target, why: Skip::Spend, retry_at: None },
                        what => {
                            let kind = ErrorKind::ALL[usize::from(what - 4) % ErrorKind::ALL.len()];
                            ledger.begin(target, manner);
                            Event::Failed { target, kind, scope: kind.default_scope(), hint: Some(hint), delivered, took: hint / 80 }
                        }
                    };
                    views[target].ready_at = retry_at.unwrap_or_default();
                    views[target].pilot = pilots && what == 0;
                    let quick = retries * u32::try_from(targets).unwrap();
                    prop_assert!(ledger.attempts() <= plan.max_attempts + quick);
                }
                Step::Wait(wait) => {
                    let until = wait.opens.map_or(wait.until, |opens| opens.min(wait.until));
                    prop_assert!(wait.until <= plan.deadline && until >= now, "{wait:?} at {now:?}");
                    let from = *waited_from.get_or_insert(now);
                    let bound = plan.patience.max(plan.throttle_patience);
                    prop_assert!(!emergency || wait.until.since(from) <= bound, "{wait:?}");
                    ledger.begin_wait(&wait, now);
                    // Whoever waits in line may be called at once.
                    if wait.opens.is_none() || steps % 3 > 0 {
                        now = until;
                    }
                    event = Event::Woke;
                }
                Step::Fail(_) | Step::Emergency => break,
                step => prop_assert!(false, "{step:?}"),
            }
        }
    }

    /// But for a quick second try, no back-off ever stands between a failure and a target that is free.
    #[test]
    fn it_never_waits_while_a_target_is_free(failures in proptest::collection::vec(0..4_usize, 1..5)) {
        let words = ["500", "429", "conn", "429+9"];
        let script = failures.iter().map(|&at| words[at]).collect::<Vec<_>>().join(" ") + " ok";
        prop_assert!(!run(&plan(failures.len() + 1), false, &script).contains("wait"));
    }
}
