//! Scripts of the purse.

use super::*;

/// Runs a script on a purse of 20 % over 10 s with this reserve, refilled at one a second.
///
/// `d`, `w`: a deposit, a withdrawal; `d*N`: so many. `r`: the last token comes back. `+N`, `-N`: seconds pass.
/// `?`: what is left. Withdrawals answer `e` from what was earned, `r` from the reserve, `-` refused.
#[track_caller]
fn check(reserve: u32, script: &str, expected: &str) {
    let purse = Purse::new(0.2, Duration::from_secs(10), reserve, Duration::from_secs(1));
    let mut now = Tick::from_secs(1_000_000);
    let mut answers = String::new();
    let mut held = Vec::new();
    for word in script.split_whitespace() {
        let (step, times) = word.split_once('*').unwrap_or((word, "1"));
        for _ in 0..times.parse().unwrap() {
            match step {
                "d" => purse.deposit(now),
                "w" => match purse.withdraw(now) {
                    Some(source) => {
                        answers.push(if source == Source::Earned { 'e' } else { 'r' });
                        held.push(source);
                    }
                    None => answers.push('-'),
                },
                "r" => purse.refund(held.pop().unwrap()),
                "?" => answers.push_str(&format!(" {} ", purse.available(now))),
                _ => {
                    let by = Duration::from_secs(step[1..].parse().unwrap());
                    now = if step.starts_with('+') { now.after(by) } else { now.before(by) };
                }
            }
        }
    }
    assert_eq!(answers.trim(), expected, "{script}");
}

#[test]
fn five_deposits_earn_a_token() {
    check(0, "d*4 w d w w", "-e-");
}

#[test]
fn a_new_purse_has_its_reserve_and_no_more() {
    check(3, "? w*4 ?", "3 rrr- 0");
}

#[test]
fn what_was_earned_goes_before_the_reserve() {
    check(1, "d*5 w w w", "er-");
}

#[test]
fn the_reserve_refills_one_a_second_to_its_size() {
    check(3, "w*3 +1 w w +2 w*3 +100 w*4", "rrrr-rr-rrr-");
}

#[test]
fn deposits_are_worth_nothing_after_the_window() {
    check(0, "d*50 +4 ? +1 ? +5 ? w", "10  10  0 -");
    check(0, "d*5 +5 d*5 +5 ? d*5 +5 ?", "1  1");
}

#[test]
fn the_older_tokens_go_first() {
    check(0, "d*5 +5 d*5 w +5 w w", "ee-");
}

#[test]
fn a_refund_brings_a_token_back_to_where_it_came_from() {
    check(1, "d*5 w r w w r w w", "eerr-");
    check(1, "w r ? w w", "r 1 r-");
}

#[test]
fn a_refund_after_the_refill_adds_nothing() {
    check(2, "w +60 ? r ? w*3", "r 2  2 rr-");
}

#[test]
fn a_clock_a_moment_behind_keeps_what_was_earned() {
    check(0, "d*5 -1 ? d*5 ? +1 ?", "1  2  2");
}

#[test]
fn a_clock_that_stepped_back_forgets_what_was_earned_and_refills_the_reserve() {
    check(2, "d*5 w*3 -3600 ? w ? +1 w w", "err 0 - 0 r-");
    check(2, "d*50 -3600 ? +1 ?", "2  2");
}

#[test]
fn thirty_years_later_the_reserve_is_full_and_the_earned_gone() {
    check(2, "d*50 w*12 +946080000 ? w*3", "eeeeeeeeeerr 2 rr-");
}

#[test]
fn the_end_of_time_gives_nothing_away() {
    let purse = Purse::new(0.2, Duration::from_secs(10), 2, Duration::from_secs(1));
    let granted = (0..10).filter(|_| purse.withdraw(Tick::MAX).is_some()).count();
    assert!(granted <= 2, "{granted}");
}

#[test]
fn a_ratio_keeps_its_fraction() {
    for (share, deposits, tokens) in [(0.6, 10, 6), (0.1, 100, 10), (0.001, 1_000, 1), (1.0, 7, 7)]
    {
        let purse = Purse::new(share, Duration::from_secs(10), 0, Duration::from_secs(1));
        (0..deposits).for_each(|_| purse.deposit(Tick::ZERO));
        assert_eq!(purse.available(Tick::ZERO), tokens, "{share}");
    }
}

#[test]
fn a_flood_of_deposits_saturates() {
    let purse = Purse::new(98.0, Duration::from_secs(10), 0, Duration::from_secs(1));
    (0..1_000).for_each(|_| purse.deposit(Tick::ZERO));
    assert_eq!(purse.available(Tick::ZERO), 16_777);
}
