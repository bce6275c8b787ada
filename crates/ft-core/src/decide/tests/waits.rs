//! Waits: worth more than the last resort, counted from the first one on.

use super::*;

fn emergency(targets: usize) -> Plan {
    Plan { emergency: true, ..plan(targets) }
}

#[test]
fn nobody_waits_longer_than_the_patience_where_something_stands_in() {
    let run = |script| run(&emergency(1), false, script);
    assert_eq!(run("429+2 ok"), "a wait(2s) a:retry answer");
    assert_eq!(run("429+3"), "a emergency");
    assert_eq!(run("gate+2 ok"), "a wait(2s) a answer");
    assert_eq!(run("gate+3"), "a emergency");
    assert_eq!(super::run(&plan(1), true, "gate+3"), "a stale");
    assert_eq!(super::run(&plan(1), false, "gate+3 ok"), "a wait(3s) a answer");
}

#[test]
fn all_waits_count_from_the_first_one() {
    let run = |script| run(&emergency(1), false, script);
    assert_eq!(run("gate+1 gate+1 gate+1"), "a wait(1s) a wait(1s) a emergency");
    assert_eq!(run("gate+1 429+1 gate+1"), "a wait(1s) a wait(1s) a:retry emergency");
}

#[test]
fn a_place_in_flight_is_waited_for_as_long_as_it_is_worth_it() {
    assert_eq!(run(&emergency(1), false, "full full full"), "a wait(1s) a wait(1s) a emergency");
    assert_eq!(run(&emergency(1), false, "full ok"), "a wait(1s) a answer");
}

#[test]
fn patience_with_a_throttled_target_makes_the_whole_patience_longer() {
    let plan = Plan { throttle_patience: Duration::from_secs(5), ..emergency(2) };
    assert_eq!(run(&plan, false, "429+4 ok"), "a wait(4s) a:retry answer");
    assert_eq!(run(&plan, false, "429+6 gate+5 ok"), "a b:fallback wait(5s) a:retry answer");
}

#[test]
fn without_a_last_resort_the_deadline_less_the_usual_time_is_the_bound() {
    let plan = Plan { deadline: Tick::from_secs(10), ..plan(1) };
    assert_eq!(run(&plan, false, "gate+8 ok"), "a wait(8s) a answer");
    assert_eq!(run(&plan, false, "gate+9"), "a fail(exhausted)");
    let (ledger, now) = (Ledger::new(1), Tick::from_secs(1));
    let step = |usual| {
        let mut ledger = ledger.clone();
        let event = outcome("gate+5", 0, now);
        ledger.note(&event, now);
        let stands = TargetView { ready_at: Tick::from_secs(6), usual, ..free() };
        decide(&plan, &ledger, &View { targets: &[stands], stale: false }, &event, now)
    };
    assert!(matches!(step(Duration::from_secs(4)), Step::Wait(_)));
    assert_eq!(step(Duration::from_millis(4_001)), Step::Fail(FailReason::Exhausted));
}

#[test]
fn a_pilot_under_way_is_waited_for_until_the_bound_and_looked_at_each_second() {
    let (plan, mut ledger, now) = (emergency(1), Ledger::new(1), Tick::from_secs(1));
    let event = outcome("gate+1", 0, now);
    ledger.note(&event, now);
    let pilot = TargetView { ready_at: Tick::from_secs(2), pilot: true, ..free() };
    let view = [pilot];
    let Step::Wait(wait) =
        decide(&plan, &ledger, &View { targets: &view, stale: false }, &event, now)
    else {
        panic!("no wait");
    };
    assert_eq!((wait.until, wait.opens), (Tick::from_secs(3), Some(Tick::from_secs(2))));
    // Three tenths before the bound it is waited for those three tenths.
    ledger.begin_wait(&wait, now);
    ledger.note(&Event::Woke, now);
    let now = Tick::from_millis(2_700);
    let event = outcome("gate+1", 0, now);
    ledger.note(&event, now);
    let step = decide(&plan, &ledger, &View { targets: &view, stale: false }, &event, now);
    let Step::Wait(wait) = step else { panic!("no wait") };
    assert_eq!(wait.opens, Some(Tick::from_secs(3)));
}

#[test]
fn two_things_wrong_at_once_are_each_treated_as_if_alone() {
    let lines = [
        // One throttles, one is open: what passes soon is waited for.
        ("gate+1 breaker+30 ok", "a b wait(1s) a answer"),
        ("breaker+30 429+1 breaker+29 ok", "a b wait(1s) a:fallback b:retry answer"),
        // One is out, one is full.
        ("out+60 full out+60 ok", "a b wait(1s) a b answer"),
        // One is throttled for long, one failed: the back-off is the sooner.
        ("429+60 500~ gate+59 ok", "a b:fallback wait(100ms) a:retry b:retry answer"),
        // One failed for a reason that stays: the round was the last, whatever the other says.
        ("401 gate+1", "a b:fallback emergency"),
        ("gate+1 404", "a b emergency"),
        // Both throttle: the first to open is asked.
        ("429+2 429+1 gate+1 ok", "a b:fallback wait(1s) a:retry b:retry answer"),
        // Both throttle for longer than it is worth.
        ("429+3 429+4", "a b:fallback emergency"),
        ("gate+3 gate+4", "a b emergency"),
        ("gate+3 breaker+1 breaker+1", "a b b:throttled emergency"),
        // One is silent, and one throttles.
        ("ttft 429+1 ok", "a b:fallback wait(1s) b:retry answer"),
        ("ttft 429+3", "a b:fallback emergency"),
    ];
    for (script, steps) in lines {
        assert_eq!(run(&emergency(2), false, script), steps, "{script}");
    }
}

#[test]
fn two_dead_targets_and_a_throttling_one_take_the_patience_and_no_more() {
    let plan = Plan { emergency: true, ..quick(3) };
    let first = "500 500 500 500 429+2 500 500 gate+2";
    let steps = "a wait(50ms) a:quick_retry b:fallback wait(50ms) b:quick_retry c:fallback wait(100ms) a:retry \
                 b:retry c:retry emergency";
    assert_eq!(run(&plan, false, first), steps);
    // Those that are open are asked once all the same, where their throttling lets them be.
    let later = "breaker+30 breaker+30 gate+2 breaker+28 breaker+28 429+2 breaker+28 breaker+28";
    let steps = "a b c wait(2s) a b c a:throttled b:throttled emergency";
    assert_eq!(run(&plan, false, later), steps);
    let piloted = "breaker+30 breaker+30 gate+1 breaker+29 breaker+29 gate+1 breaker+28 breaker+28 gate+1 \
                   breaker+28 breaker+28";
    let steps = "a b c wait(1s) a b c wait(1s) a b c a:throttled b:throttled emergency";
    assert_eq!(run(&plan, false, piloted), steps);
}
