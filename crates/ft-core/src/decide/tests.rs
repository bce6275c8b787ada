//! The decision function as scripts: outcomes in, steps out.

use std::time::Duration;

use super::*;
use crate::kind::{ErrorKind, Scope};

mod ends;
mod leaving;
mod page;
mod waits;

fn plan(targets: usize) -> Plan {
    Plan {
        targets: (0..targets)
            .map(|tier| PlannedTarget {
                provider: 0,
                tier,
                max_attempts: 1,
                credentials: 1,
                prefill: false,
            })
            .collect(),
        rounds: 2,
        max_attempts: u32::try_from(2 * targets).unwrap(),
        deadline: Tick::from_secs(90),
        throttle_patience: Duration::ZERO,
        patience: Duration::from_secs(2),
        same_target_retries: 0,
        quick_backoff: Duration::from_millis(50),
        filtered_falls_through: false,
        mid_stream: MidStream::Fail,
        hedge: false,
        last_resorts: true,
        emergency: false,
        backoff: vec![Duration::from_millis(100), Duration::from_millis(200)],
    }
}

/// The default chain: a quick failure has one quick second try.
fn quick(targets: usize) -> Plan {
    Plan { same_target_retries: 1, ..plan(targets) }
}

/// One outcome of a script, such as `500`, `429+2` (a hint of two seconds), `gate+3`, `cut!` (after content),
/// `500~` (after a second).
fn outcome(word: &str, target: usize, now: Tick) -> Event {
    let (word, took) = match word.strip_suffix('~') {
        Some(word) => (word, Duration::from_secs(1)),
        None => (word, Duration::ZERO),
    };
    let (word, hint) = match word.split_once('+') {
        Some((word, secs)) => (word, Some(Duration::from_secs(secs.parse().unwrap()))),
        None => (word, None),
    };
    let (word, delivered) = word.strip_suffix('!').map_or((word, false), |word| (word, true));
    let skipped = |why| Event::Skipped { target, why, retry_at: hint.map(|hint| now.after(hint)) };
    let kind = match word {
        "ok" => return Event::Succeeded { target },
        "gate" => return skipped(Skip::Gate),
        "breaker" => return skipped(Skip::Breaker),
        "full" => return skipped(Skip::InFlight),
        "long" => return skipped(Skip::TooLong),
        "money" => return skipped(Skip::Spend),
        "out" => return skipped(Skip::Out),
        "conn" => ErrorKind::Connect,
        "cut" => ErrorKind::Interrupted,
        "stall" => ErrorKind::Stalled,
        "ttft" => ErrorKind::FirstTokenTimeout,
        "dl" => ErrorKind::DeadlineExceeded,
        "500" => ErrorKind::ServerError,
        "503" => ErrorKind::Overloaded,
        "429" => ErrorKind::RateLimited,
        "402" => ErrorKind::QuotaExhausted,
        "401" => ErrorKind::Auth,
        "404" => ErrorKind::ModelNotFound,
        "ctx" => ErrorKind::ContextLength,
        "filter" => ErrorKind::ContentFiltered,
        "400" => ErrorKind::InvalidRequest,
        "unsup" => ErrorKind::Unsupported,
        _ => panic!("no outcome {word}"),
    };
    Event::Failed { target, kind, scope: kind.default_scope(), hint, delivered, took }
}

fn free() -> TargetView {
    TargetView { credential_free: true, retries: true, ..TargetView::default() }
}

/// Runs a script against a plan and writes the steps down: targets are `a`, `b`, …
fn run(plan: &Plan, stale: bool, script: &str) -> String {
    let mut ledger = Ledger::new(plan.targets.len());
    let mut views = vec![free(); plan.targets.len()];
    let mut now = Tick::from_secs(1);
    let mut words = script.split_whitespace();
    let mut event = Event::Start;
    let mut steps = Vec::new();
    loop {
        ledger.note(&event, now);
        let step = decide(plan, &ledger, &View { targets: &views, stale }, &event, now);
        match step {
            Step::Try { target, manner } => {
                let name = char::from(b'a' + u8::try_from(target).unwrap());
                steps.push(match manner {
                    As::First => format!("{name}"),
                    _ => format!("{name}:{}", manner.as_str()),
                });
                let word = words.next().unwrap_or_else(|| panic!("script ends at {steps:?}"));
                event = outcome(word, target, now);
                match event {
                    Event::Skipped { why, retry_at, .. } => {
                        views[target].ready_at = retry_at.unwrap_or_default();
                        if why == Skip::Breaker {
                            views[target].open_until = views[target].ready_at;
                        }
                    }
                    _ => ledger.begin(target, manner),
                }
                if let Event::Failed { kind: ErrorKind::RateLimited, hint, .. } = event {
                    views[target].ready_at = now.after(hint.unwrap_or(Duration::from_secs(1)));
                }
            }
            Step::Wait(wait) => {
                let until = wait.opens.map_or(wait.until, |opens| opens.min(wait.until));
                steps.push(format!("wait({:?})", until.since(now)));
                ledger.begin_wait(&wait, now);
                now = until;
                event = Event::Woke;
            }
            step => {
                steps.push(format!("{step:?}").to_lowercase());
                assert_eq!(words.next(), None, "not all of the script was used: {steps:?}");
                return steps.join(" ");
            }
        }
    }
}

#[track_caller]
fn check(targets: usize, script: &str, steps: &str) {
    assert_eq!(run(&plan(targets), false, script), steps);
}

#[test]
fn the_first_target_answers() {
    check(3, "ok", "a answer");
}

#[test]
fn each_provider_failure_falls_through_at_once() {
    for failure in
        ["conn", "cut", "ttft", "500", "503", "429", "429+30", "402", "401", "404", "unsup"]
    {
        check(2, &format!("{failure} ok"), "a b:fallback answer");
    }
}

#[test]
fn a_refusal_by_the_first_target_asked_is_the_callers_to_see() {
    check(2, "400", "a fail(refused)");
    check(2, "gate+9 400", "a b fail(refused)");
}

#[test]
fn a_refusal_by_a_later_target_is_passed_over() {
    check(3, "500 400 ok", "a b:fallback c:fallback answer");
}

#[test]
fn a_content_filter_stops_unless_configured() {
    check(2, "filter", "a fail(refused)");
    let plan = Plan { filtered_falls_through: true, ..plan(2) };
    assert_eq!(run(&plan, false, "filter ok"), "a b:fallback answer");
}

#[test]
fn after_a_round_of_transient_failures_it_backs_off_once() {
    check(2, "500 503 ok", "a b:fallback wait(100ms) a:retry answer");
    check(2, "500 503 500 500", "a b:fallback wait(100ms) a:retry b:retry fail(exhausted)");
}

#[test]
fn a_round_with_a_lasting_failure_is_the_last() {
    check(2, "500 401", "a b:fallback fail(exhausted)");
}

#[test]
fn silence_is_not_asked_twice() {
    check(1, "ttft", "a fail(exhausted)");
    check(2, "ttft 500 ok", "a b:fallback wait(100ms) b:retry answer");
}

#[test]
fn more_attempts_of_one_target_extend_the_rounds_for_it_alone() {
    let mut plan = Plan { rounds: 1, max_attempts: 9, ..plan(2) };
    plan.targets[0].max_attempts = 3;
    assert_eq!(
        run(&plan, false, "500 500 500 500"),
        "a b:fallback wait(100ms) a:retry wait(200ms) a:retry fail(exhausted)"
    );
}

#[test]
fn a_throttled_target_is_waited_for_when_no_other_is_left() {
    check(1, "429+2 ok", "a wait(2s) a:retry answer");
    check(1, "gate+3 ok", "a wait(3s) a answer");
    check(1, "429+120", "a fail(exhausted)");
}

#[test]
fn patience_waits_for_the_throttled_target_itself_once() {
    let plan = Plan { throttle_patience: Duration::from_secs(5), ..plan(2) };
    assert_eq!(run(&plan, false, "429+2 ok"), "a wait(2s) a:retry answer");
    assert_eq!(run(&plan, false, "429+2 429+2 ok"), "a wait(2s) a:retry b:fallback answer");
    assert_eq!(run(&plan, false, "429+6 ok"), "a b:fallback answer");
    assert_eq!(run(&plan, false, "429 ok"), "a wait(1s) a:retry answer");
}

#[test]
fn breakers_and_outs_are_not_waited_for() {
    check(2, "breaker+30 out+60 breaker+30", "a b a:throttled fail(exhausted)");
    // The failure that opened it is no reason to wait for it either: one back-off, and then a skip.
    check(1, "500 breaker+30 breaker+30", "a wait(100ms) a:retry a:throttled fail(exhausted)");
}

#[test]
fn where_nobody_else_is_left_those_behind_an_open_breaker_are_asked_in_turn() {
    check(1, "breaker+30 ok", "a a:throttled answer");
    check(3, "breaker+30 breaker+30 out+60 breaker+30 ok", "a b c a:throttled b:throttled answer");
    check(2, "breaker+30 400 ", "a b fail(refused)");
    check(2, "breaker+30 401 ok", "a b a:throttled answer");
    // What may be waited for comes first, and a target that has failed is asked again before one that is open.
    check(2, "breaker+30 gate+3 breaker+27 ok", "a b wait(3s) a b answer");
    check(
        2,
        "breaker+30 500 breaker+30 500 ok",
        "a b wait(100ms) a:fallback b:retry a:throttled answer",
    );
}

#[test]
fn a_target_that_failed_behind_its_open_breaker_is_asked_again_after_the_back_off() {
    check(
        1,
        "breaker+30 500 breaker+30 ok",
        "a a:throttled wait(100ms) a:retry a:throttled answer",
    );
    check(
        1,
        "breaker+30 500 breaker+30 500",
        "a a:throttled wait(100ms) a:retry a:throttled fail(exhausted)",
    );
}

#[test]
fn the_breaker_that_a_failure_opened_is_not_waited_for() {
    let (plan, mut ledger, now) = (plan(1), Ledger::new(1), Tick::from_secs(1));
    ledger.begin(0, As::First);
    let (kind, scope) = (ErrorKind::ServerError, Scope::Target);
    let event = Event::Failed {
        target: 0,
        kind,
        scope,
        hint: None,
        delivered: false,
        took: Duration::ZERO,
    };
    ledger.note(&event, now);
    let until = Tick::from_secs(31);
    let open = [TargetView { ready_at: until, open_until: until, ..free() }];
    let step = decide(&plan, &ledger, &View { targets: &open, stale: false }, &event, now);
    assert_eq!(step, Step::Fail(FailReason::Exhausted));
}

#[test]
fn an_overflow_is_refitted_once() {
    check(2, "ctx ok", "a a:refit answer");
    check(2, "ctx ctx ok", "a a:refit b:fallback answer");
    check(2, "ctx ctx long", "a a:refit b:fallback fail(toolong)");
}

#[test]
fn other_credentials_come_before_other_targets() {
    let mut plan = plan(2);
    plan.targets[0].credentials = 2;
    assert_eq!(run(&plan, false, "401 ok"), "a a:credential answer");
    assert_eq!(run(&plan, false, "429 429 ok"), "a a:credential b:fallback answer");
    let alone = Plan { targets: vec![plan.targets[0].clone()], max_attempts: 9, ..plan };
    let steps = run(&alone, false, "429 429 429 ok");
    assert_eq!(steps, "a a:credential wait(1s) a:retry a:credential answer");
}

#[test]
fn stale_then_emergency_stand_in_for_what_is_not_the_callers_fault() {
    let emergency = Plan { emergency: true, ..plan(2) };
    assert_eq!(run(&plan(2), true, "500 401"), "a b:fallback stale");
    assert_eq!(run(&emergency, false, "500 401"), "a b:fallback emergency");
    for script in ["breaker breaker breaker breaker", "money money", "out out", "402 401"] {
        assert!(run(&emergency, false, script).ends_with("emergency"), "{script}");
    }
    for script in ["400", "filter", "long long", "500! "] {
        assert!(run(&emergency, true, script).contains("fail"), "{script}");
    }
    let alone = Plan { last_resorts: false, emergency: true, ..plan(1) };
    assert_eq!(run(&alone, true, "401"), "a fail(exhausted)");
}

#[test]
fn the_deadline_ends_everything_live() {
    let plan = Plan { deadline: Tick::from_secs(2), emergency: true, ..plan(1) };
    assert_eq!(run(&plan, false, "429+2"), "a emergency");
    assert_eq!(run(&plan, true, "dl"), "a stale");
}

#[test]
fn after_content_it_fails_or_goes_on_as_configured() {
    check(2, "cut!", "a fail(midstream)");
    let mut plan = Plan { mid_stream: MidStream::Continue, ..plan(3) };
    plan.targets[2].prefill = true;
    assert_eq!(run(&plan, false, "cut! ok"), "a c:continue answer");
    assert_eq!(run(&plan, false, "cut! cut!"), "a c:continue fail(midstream)");
}

#[test]
fn another_target_goes_on_before_the_one_that_broke_off() {
    let mut plan = Plan { mid_stream: MidStream::Continue, ..plan(2) };
    plan.targets.iter_mut().for_each(|target| target.prefill = true);
    assert_eq!(run(&plan, false, "cut! ok"), "a b:continue answer");
    assert_eq!(run(&plan, false, "cut! breaker+9 ok"), "a b:continue a:continue answer");
    assert_eq!(run(&plan, false, "stall! breaker+9"), "a b:continue fail(midstream)");
}

#[test]
fn after_content_no_target_begins_from_the_start() {
    let mut plan = Plan { mid_stream: MidStream::Continue, ..plan(3) };
    plan.targets[1].prefill = true;
    for word in ["500", "429", "breaker+9", "gate+1", "400", "ctx", "401"] {
        let steps = run(&plan, false, &format!("cut! {word}"));
        assert_eq!(steps, "a b:continue fail(midstream)", "{word}");
    }
    plan.targets[2].prefill = true;
    for word in ["500", "breaker+9", "out+9"] {
        let steps = run(&plan, false, &format!("cut! {word} ok"));
        assert_eq!(steps, "a b:continue c:continue answer", "{word}");
    }
}

#[test]
fn a_hedge_goes_to_another_provider_and_the_first_success_wins() {
    let mut plan = Plan { hedge: true, ..plan(3) };
    plan.targets[2].provider = 1;
    let mut ledger = Ledger::new(3);
    let views = [TargetView::default(); 3];
    let view = View { targets: &views, stale: false };
    let now = Tick::from_secs(1);
    ledger.begin(0, As::First);
    let step = |ledger: &mut Ledger, event: Event| {
        ledger.note(&event, now);
        decide(&plan, ledger, &view, &event, now)
    };
    assert_eq!(step(&mut ledger, Event::HedgeDue), Step::Try { target: 2, manner: As::Hedge });
    ledger.begin(2, As::Hedge);
    assert_eq!(step(&mut ledger, Event::HedgeDue), Step::Hold);
    assert_eq!(step(&mut ledger, outcome("500", 2, now)), Step::Hold);
    assert_eq!(
        step(&mut ledger, outcome("500", 0, now)),
        Step::Try { target: 1, manner: As::Fallback }
    );
    ledger.begin(1, As::Fallback);
    assert_eq!(step(&mut ledger, outcome("ok", 1, now)), Step::Answer);
}

#[test]
fn scopes_decide_what_a_refusal_means() {
    let scoped = |kind, scope| {
        let event = Event::Failed {
            target: 0,
            kind,
            scope,
            hint: None,
            delivered: false,
            took: Duration::ZERO,
        };
        let mut ledger = Ledger::new(2);
        ledger.begin(0, As::First);
        ledger.note(&event, Tick::ZERO);
        let views = [TargetView::default(); 2];
        decide(&plan(2), &ledger, &View { targets: &views, stale: false }, &event, Tick::ZERO)
    };
    let next = Step::Try { target: 1, manner: As::Fallback };
    assert_eq!(scoped(ErrorKind::PayloadTooLarge, Scope::Call), Step::Fail(FailReason::Refused));
    assert_eq!(scoped(ErrorKind::PayloadTooLarge, Scope::Target), next);
    assert_eq!(scoped(ErrorKind::Forbidden, Scope::Endpoint), next);
}
