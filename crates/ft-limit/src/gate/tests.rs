//! Scripts of the gate.

use ft_core::Tick;

use super::*;

/// Runs a script and compares what its questions were answered.
///
/// `+N`, `-N`: the clock moves by so many milliseconds. `a`: a call asks to be admitted; answers `pass`, `pilot`
/// or `no@<retry_at>`. The pilot's end: `p.o` opened, `p.t` throttled, `p.tN` throttled with a hint, `p.x` out,
/// `p.d` dropped. The same with `e.` for the earliest call that passed the open gate, and without a prefix
/// (`t`, `tN`, `x`) for an answer without a pass. `c`: reload. `?`: the phase.
#[track_caller]
fn check(script: &str, expected: &str) {
    check_at(Gate::default(), script, expected);
}

/// The same at a gate that takes one refusal with a hint below ten seconds for no drought.
#[track_caller]
fn mildly(script: &str, expected: &str) {
    let config = GateConfig { mild_below: Duration::from_secs(10), ..GateConfig::default() };
    check_at(Gate::new(config).unwrap(), script, expected);
}

#[track_caller]
fn check_at(gate: Gate, script: &str, expected: &str) {
    let mut now = Tick::from_secs(1_000);
    let (mut pilots, mut early) = (Vec::new(), std::collections::VecDeque::new());
    let mut answers = Vec::new();
    let at = |tick: Tick| tick.as_millis() as i64 - 1_000_000;
    let hint = |word: &str| word.parse().ok().map(Duration::from_millis);
    for word in script.split_whitespace() {
        let (whose, step) = word.split_once('.').unwrap_or(("", word));
        match (whose, step) {
            ("", "a") => match gate.admit(now) {
                Ok(pass) if pass.is_pilot() => {
                    pilots.push(pass);
                    answers.push("pilot".to_owned());
                }
                Ok(pass) => {
                    early.push_back(pass);
                    answers.push("pass".to_owned());
                }
                Err(gated) => answers.push(format!("no@{}", at(gated.retry_at))),
            },
            ("", "?") => answers.push(match gate.phase(now) {
                GatePhase::Open => "open".to_owned(),
                GatePhase::Shut { until } => format!("shut@{}", at(until)),
                GatePhase::PilotDue => "due".to_owned(),
                GatePhase::PilotOut { recheck_at } => format!("out@{}", at(recheck_at)),
            }),
            ("", "why") => answers.push(format!("{:?}", gate.reason())),
            ("", "c") => gate.clear(),
            ("", "x") => gate.out(now),
            ("", by) if by.starts_with('+') => now = now.after(hint(&by[1..]).unwrap()),
            ("", by) if by.starts_with('-') => now = now.before(hint(&by[1..]).unwrap()),
            ("", t) => gate.throttle(now, hint(t.strip_prefix('t').unwrap())),
            (whose, step) => {
                let pass = match whose {
                    "p" => pilots.pop().unwrap(),
                    "r" => pilots.remove(0),
                    _ => early.pop_front().unwrap(),
                };
                match step {
                    "o" => pass.opened(now),
                    "d" => drop(pass),
                    "x" => pass.out(now),
                    t => pass.throttled(now, hint(t.strip_prefix('t').unwrap())),
                }
            }
        }
    }
    assert_eq!(answers.join(" "), expected, "{script}");
}

#[test]
fn a_new_gate_is_open() {
    check("a a ? why", "pass pass open None");
}

#[test]
fn without_a_hint_it_is_shut_for_a_second_doubling_per_throttled_pilot() {
    check(
        "t ? +1000 a p.t ? +2000 a p.t ? +4000 a p.t ? +8000 a p.t ? +16000 a p.t ? +20000 a p.t ?",
        "shut@1000 pilot shut@3000 pilot shut@7000 pilot shut@15000 pilot shut@31000 \
         pilot shut@51000 pilot shut@71000",
    );
}

#[test]
fn an_opening_resets_the_doubling() {
    check("t +1000 a p.t +2000 a p.o ? a t ?", "pilot pilot open pass shut@4000");
}

#[test]
fn fifty_concurrent_429_escalate_once() {
    let calls = "a ".repeat(50);
    let answers = "e.t ".repeat(50);
    let passes = "pass ".repeat(50);
    check(&format!("{calls}{answers}?"), &format!("{passes}shut@1000"));
    check(&format!("{calls}{answers} +1000 a p.t ?"), &format!("{passes}pilot shut@3000"));
    let unknown = "t ".repeat(50);
    check(&format!("{unknown} +1000 a p.t ?"), "pilot shut@3000");
}

#[test]
fn answers_still_in_flight_when_the_pilot_is_throttled_escalate_nothing() {
    check("a a a e.t +1000 a e.t p.t e.t ?", "pass pass pass pilot shut@3000");
}

#[test]
fn answers_from_before_the_last_opening_do_not_shut_it_again() {
    check("a a e.t +1000 a p.o e.t ?", "pass pass pilot open");
    check("a a e.x +60000 a p.o e.x ?", "pass pass pilot open");
}

#[test]
fn a_hint_from_before_the_last_opening_is_still_the_providers_word() {
    check("a a e.t +1000 a p.o e.t5000 ?", "pass pass pilot shut@6000");
}

#[test]
fn a_longer_second_hint_wins_and_an_earlier_one_does_not_pull_it_in() {
    check("t2000 t5000 ?", "shut@5000");
    check("t5000 t2000 ?", "shut@5000");
    check("t5000 +4000 t2000 ?", "shut@6000");
    check("t5000 t ?", "shut@5000");
}

#[test]
fn hints_are_clamped_to_five_minutes() {
    check("t999999999 ?", "shut@300000");
    check("t +1000 a p.t999999999 ?", "pilot shut@301000");
}

#[test]
fn a_hinted_pilot_waits_the_hint_and_not_the_doubling() {
    check("t2000 +2000 a p.t2000 +2000 a p.t2000 +2000 a p.t2000 ?", "pilot pilot pilot shut@8000");
}

#[test]
fn a_hint_under_the_first_wait_is_believed_once() {
    check("t0 ? a p.t0 ? +2000 a p.t20 ?", "due pilot shut@2000 pilot shut@6000");
}

#[test]
fn exactly_one_pilot_and_the_others_come_back_for_its_finding() {
    check("t +999 a +1 a a a p.o a a", "no@1000 pilot no@2000 no@2000 pass pass");
}

#[test]
fn a_dropped_pilot_gives_its_place_to_the_next_call() {
    check("t +1000 a p.d ? a p.t ?", "pilot due pilot shut@3000");
}

#[test]
fn a_second_without_a_refusal_opens_the_gate_though_the_pilot_hangs() {
    check("t +1000 a +999 a +1 a a ?", "pilot no@2000 pass pass open");
    check("x +60000 a +1000 a ?", "pilot pass open");
}

#[test]
fn a_refusal_after_the_silence_shuts_the_gate_again_and_for_longer() {
    check("t +1000 a +1000 a r.t ?", "pilot pass shut@4000");
    check("t +1000 a +1000 a e.t ?", "pilot pass shut@4000");
    check("x +60000 a +1000 a r.x ? why", "pilot pass shut@181000 Some(Out)");
}

#[test]
fn an_answer_after_the_silence_bears_it_out() {
    check("t +1000 a +1000 a a r.o e.t ?", "pilot pass pass shut@3000");
    check("t +1000 a +1000 a a e.o e.t ?", "pilot pass pass shut@3000");
    // The pilot is late, and no longer says anything.
    check("t +1000 a +1000 a e.o r.t ?", "pilot pass open");
    // It left; its silence still counts.
    check("t +1000 a +1000 a r.d ? e.t ?", "pilot pass open shut@4000");
}

#[test]
fn one_mild_refusal_shuts_nothing_and_the_second_in_a_row_does() {
    mildly("a e.t ? a e.t ?", "pass open pass shut@1000");
    mildly("a e.t2000 ? a e.t2000 ?", "pass open pass shut@2000");
    mildly("a e.t ? a e.t9999 ?", "pass open pass shut@9999");
}

#[test]
fn an_answer_ends_a_row_of_mild_refusals() {
    mildly("a e.t a e.o a e.t ? a e.t ?", "pass pass pass open pass shut@1000");
    // Also one that was under way before.
    mildly("a a e.t e.o a e.t ?", "pass pass pass open");
}

#[test]
fn refusals_of_calls_that_were_under_way_together_are_one() {
    mildly("a a a a e.t e.t2000 e.t ? a", "pass pass pass pass open pass");
    mildly("a a e.t e.t a e.t ?", "pass pass pass shut@1000");
}

#[test]
fn long_hints_refused_keys_and_pilots_shut_at_once() {
    mildly("a e.t10000 ?", "pass shut@10000");
    mildly("a e.x ?", "pass shut@60000");
    mildly("a e.t a e.t +1000 a p.t ?", "pass pass pilot shut@3000");
    // What is told without a pass is told by somebody who knows.
    mildly("t ?", "shut@1000");
}

#[test]
fn after_an_opening_a_mild_refusal_is_the_first_again() {
    mildly("a e.t a e.t +1000 a p.o a e.t ? a e.t ?", "pass pass pilot pass open pass shut@2000");
    mildly("a e.t c a e.t ?", "pass pass open");
}

#[test]
fn a_late_pilot_that_nobody_replaced_still_counts() {
    check("t +1000 a +500000 p.o ?", "pilot open");
}

#[test]
fn a_hint_that_came_after_the_pilot_set_out_outlives_its_success() {
    check("t +1000 a t5000 ? p.o ? +5000 a", "pilot out@6000 shut@6000 pilot");
}

#[test]
fn a_refusal_of_unknown_origin_counts_as_the_dropped_pilots() {
    check("t +1000 a +10 t +10 p.d ?", "pilot shut@3010");
    check("t +1000 a +10 t +10 p.o ?", "pilot open");
    check("t +1000 a +10 x +10 p.d ? why", "pilot shut@61010 Some(Out)");
    check("t +1000 a t +999 ? +1 ? a", "pilot out@2000 shut@3000 no@3000");
}

#[test]
fn out_doubles_from_a_minute_to_fifteen() {
    check(
        "x ? why +60000 a p.x ? +120000 a p.x ? +240000 a p.x ? +480000 a p.x ? +900000 a p.x ?",
        "shut@60000 Some(Out) pilot shut@180000 pilot shut@420000 pilot shut@900000 \
         pilot shut@1800000 pilot shut@2700000",
    );
}

#[test]
fn out_is_worse_than_throttled_and_a_hint_still_lengthens_it() {
    check("t5000 x ? why", "shut@60000 Some(Out)");
    check("t300000 x ? why", "shut@300000 Some(Out)");
    check("x t5000 ? why t100000 ? why", "shut@60000 Some(Out) shut@100000 Some(Out)");
}

#[test]
fn a_throttled_pilot_shows_that_a_refused_key_works_again() {
    check(
        "x +60000 a p.t ? why +1000 a p.x ?",
        "pilot shut@61000 Some(Throttled) pilot shut@121000",
    );
}

#[test]
fn a_reload_opens_and_forgets() {
    check("x +60000 a p.x c a x ?", "pilot pass shut@120000");
    check("t +1000 a c ? p.t ?", "pilot open open");
    check("a a e.x c e.x ?", "pass pass open");
    check("a c t e.x ? why", "pass shut@1000 Some(Throttled)");
}

#[test]
fn a_clock_that_steps_back_leaves_the_wait_and_not_the_step() {
    check("t5000 -900000 ? +5000 ? a", "shut@-895000 due pilot");
    check("t +1000 a -900000 p.o ?", "pilot open");
    check("t +1000 a -900000 p.t ? +2000 a", "pilot shut@-897000 pilot");
    check("t +1000 a -900000 a +1000 a", "pilot no@-898000 pass");
}

#[test]
fn thirty_years_later_a_pilot_is_due() {
    check("x +946080000000 ? a p.o ?", "due pilot open");
}

#[test]
fn a_pilot_unwound_by_a_panic_gives_its_place_back() {
    let gate = Gate::default();
    gate.throttle(Tick::ZERO, None);
    let now = Tick::from_secs(1);
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _pilot = gate.admit(now).unwrap();
        std::panic::resume_unwind(Box::new(()));
    }));
    assert!(unwound.is_err());
    assert!(gate.admit(now).unwrap().is_pilot());
}
