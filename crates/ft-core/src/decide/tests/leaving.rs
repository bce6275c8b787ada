//! Leaving a tier: one quick second try first, where that is likely to help.

use super::*;

#[track_caller]
fn check(targets: usize, script: &str, steps: &str) {
    assert_eq!(run(&quick(targets), false, script), steps, "{script}");
}

/// Targets `a` and `b` of one tier, then `c`.
fn two_and_one() -> Plan {
    let mut plan = quick(3);
    plan.targets[1].tier = 0;
    plan.targets[2].tier = 1;
    plan
}

#[test]
fn a_quick_failure_is_followed_by_one_quick_second_try() {
    check(1, "500 ok", "a wait(50ms) a:quick_retry answer");
    check(2, "500 ok", "a wait(50ms) a:quick_retry answer");
    for failure in ["500", "503", "conn", "cut"] {
        let script = format!("{failure} {failure} ok");
        check(2, &script, "a wait(50ms) a:quick_retry b:fallback answer");
    }
    check(
        2,
        "500 500 500 ok",
        "a wait(50ms) a:quick_retry b:fallback wait(50ms) b:quick_retry answer",
    );
}

#[test]
fn what_came_late_or_will_not_pass_leaves_the_tier_at_once() {
    let late = ["500~", "cut~", "ttft", "stall"];
    let throttled = ["429", "429+1", "503+1"];
    let lasting = ["401", "402", "404", "unsup"];
    for failure in late.iter().chain(&throttled).chain(&lasting) {
        check(2, &format!("{failure} ok"), "a b:fallback answer");
    }
}

#[test]
fn a_free_target_of_the_same_tier_is_the_second_try() {
    let run = |script| run(&two_and_one(), false, script);
    assert_eq!(run("500 ok"), "a b:fallback answer");
    assert_eq!(run("500 500 ok"), "a b:fallback c:fallback answer");
    // One that is skipped was no try.
    assert_eq!(run("breaker+30 500 ok"), "a b wait(50ms) b:quick_retry answer");
}

#[test]
fn a_tier_has_one_second_try_over_all_rounds() {
    let script = "500 500 500 500 500 500";
    let steps = "a wait(50ms) a:quick_retry b:fallback wait(50ms) b:quick_retry wait(100ms) a:retry b:retry \
                 fail(exhausted)";
    check(2, script, steps);
}

#[test]
fn a_second_try_is_not_counted_in_the_attempts_of_the_request() {
    let plan = Plan { max_attempts: 2, ..quick(2) };
    let steps = run(&plan, false, "500 500 500 500");
    assert_eq!(
        steps,
        "a wait(50ms) a:quick_retry b:fallback wait(50ms) b:quick_retry fail(exhausted)"
    );
    let once = Plan { max_attempts: 1, ..quick(2) };
    assert_eq!(run(&once, false, "500"), "a fail(exhausted)");
}

#[test]
fn more_second_tries_are_a_setting_and_so_are_none() {
    let plan = Plan { same_target_retries: 2, ..quick(2) };
    let steps = run(&plan, false, "500 500 500 ok");
    assert_eq!(steps, "a wait(50ms) a:quick_retry wait(50ms) a:quick_retry b:fallback answer");
    let none = Plan { same_target_retries: 0, ..quick(2) };
    assert_eq!(run(&none, false, "500 ok"), "a b:fallback answer");
}

#[test]
fn a_second_try_that_is_refused_leaves_the_tier_and_the_failure_as_it_was() {
    check(2, "500 full ok", "a wait(50ms) a:quick_retry b:fallback answer");
    let steps = "a wait(50ms) a:quick_retry b:fallback wait(100ms) a:retry answer";
    check(2, "500 breaker+30 401", "a wait(50ms) a:quick_retry b:fallback fail(exhausted)");
    check(2, "500 full 500~ ok", steps);
}

/// The step after a failure of the only target, which stands like this then.
fn after(stands: TargetView) -> Step {
    let (plan, mut ledger, now) = (quick(1), Ledger::new(1), Tick::from_secs(1));
    ledger.begin(0, As::First);
    let event = outcome("500", 0, now);
    ledger.note(&event, now);
    decide(&plan, &ledger, &View { targets: &[stands], stale: false }, &event, now)
}

#[test]
fn what_the_failure_opened_or_shut_and_who_has_no_allowance_left_is_not_tried_twice() {
    let second = |step| matches!(step, Step::Wait(Wait { resume: Some((0, As::QuickRetry)), .. }));
    assert!(second(after(free())));
    let until = Tick::from_secs(31);
    assert!(!second(after(TargetView { ready_at: until, open_until: until, ..free() })));
    assert!(!second(after(TargetView { ready_at: until, ..free() })));
    assert!(!second(after(TargetView { retries: false, ..free() })));
}

#[test]
fn a_second_try_counts_as_a_wait_and_needs_room_before_the_deadline() {
    let impatient = Plan { emergency: true, patience: Duration::ZERO, ..quick(2) };
    assert_eq!(run(&impatient, false, "500 500"), "a b:fallback emergency");
    let late = Plan { deadline: Tick::from_millis(1_040), ..quick(2) };
    assert_eq!(run(&late, false, "500 ok"), "a b:fallback answer");
}

#[test]
fn a_healthy_third_target_is_reached_whatever_two_before_it_answer() {
    let failures = [
        "conn", "cut", "stall", "ttft", "500", "500~", "503", "429", "429+60", "402", "401", "404",
        "unsup",
    ];
    let skips = ["gate+9", "breaker+30", "full", "long", "money", "out"];
    let refusals = ["400", "ctx"];
    let first = failures.iter().chain(&skips);
    for one in first {
        for other in failures.iter().chain(&skips).chain(&refusals) {
            let twice = |word: &str| match word {
                "conn" | "cut" | "500" | "503" | "ctx" => format!("{word} {word}"),
                word => word.to_owned(),
            };
            // A caller's mistake is the caller's to see when it is the first to be told.
            if skips.contains(one) && *other == "400" {
                continue;
            }
            let script = format!("{} {} ok", twice(one), twice(other));
            let steps = run(&quick(3), false, &script);
            let third = steps.contains(" c:fallback answer") || steps.ends_with(" c answer");
            assert!(third, "{script}: {steps}");
        }
    }
}
