//! Scripts over the books of a spend budget.

use super::*;
use crate::{SpendPer, Zone};

const HOUR: u64 = 3_600_000;

/// Runs a script of one-letter steps on hourly books with a limit of 10 pico-dollars and a soft mark at 8:
/// `r3` reserves, `s3` settles the oldest ticket, `x` releases it, `b3` books without one, `@90` sets the
/// clock to 90 minutes. After each step, what is settled and what is reserved, as `2+3`; a refusal as
/// `!left` or, when another window would admit it, `!left@minutes`; and `*` from the soft mark on.
fn check(script: &str, expected: &str) {
    let config = SpendConfig::new(Pico::from_pico(10)).with_per(SpendPer::Hour);
    let mut books = SpendWindow::new(config).unwrap();
    let mut tickets = std::collections::VecDeque::new();
    let mut wall = UnixMillis(0);
    let mut seen = Vec::new();
    for step in script.split_whitespace() {
        let (kind, number) = step.split_at(1);
        let number: u64 = number.parse().unwrap_or(0);
        let amount = Pico::from_pico(number.into());
        let mut refused = String::new();
        match kind {
            "r" => match books.reserve(amount, wall) {
                Ok(ticket) => tickets.push_back(ticket),
                Err(error) => {
                    let at = error.retry_at_wall.map(|at| format!("@{}", at.0 / 60_000));
                    refused = format!("!{}{}", error.left.as_pico(), at.unwrap_or_default());
                }
            },
            "s" => books.settle(tickets.pop_front().unwrap(), amount),
            "x" => books.release(tickets.pop_front().unwrap()),
            "b" => books.record(amount, wall),
            "@" => wall = UnixMillis(number * 60_000),
            other => panic!("{other}"),
        }
        let soft = if books.is_soft(wall) { "*" } else { "" };
        let (settled, reserved) = (books.spent(wall).as_pico(), books.reserved(wall).as_pico());
        seen.push(format!("{settled}+{reserved}{refused}{soft}"));
        assert_eq!(books.left(wall).as_pico(), 10_u128.saturating_sub(settled + reserved));
    }
    assert_eq!(seen.join(" "), expected);
}

#[test]
fn money_is_reserved_then_settled_or_released() {
    check("r4 r6 s3 x r7", "0+4 0+10* 3+6* 3+0 3+7*");
}

#[test]
fn what_does_not_fit_is_refused_until_the_next_window() {
    check("r7 r4 r3 r1 @60 r4", "0+7 0+7!3@60 0+10* 0+10!0@60* 0+0 0+4");
}

#[test]
fn what_never_fits_has_no_time_to_retry() {
    check("r11", "0+0!10");
}

#[test]
fn nothing_fits_beside_a_full_window_but_nothing() {
    check("r10 r0 s10 x r0 b1 r0", "0+10* 0+10* 10+0* 10+0* 10+0* 11+0* 11+0!0@60*");
}

#[test]
fn a_call_that_cost_more_is_recorded_and_nothing_more_is_admitted() {
    check("r5 s12 r1 @60 r1", "0+5 12+0* 12+0!0@60* 0+0 0+1");
}

#[test]
fn reservations_of_an_old_window_leave_the_new_one_alone() {
    check("r4 r5 @60 r6 s4 x s6", "0+4 0+9* 0+0 0+6 0+6 0+6 6+0");
}

#[test]
fn a_late_settlement_is_booked_where_it_was_reserved() {
    // Nobody has looked at the clock between the reservation and the settlement.
    check("@59 r4 s4 @60 r10", "0+0 0+4 4+0 0+0 0+10*");
}

#[test]
fn a_clock_that_steps_back_over_midnight_grants_nothing_again() {
    check(
        "r10 s10 @60 r10 @59 r1 @60 r1",
        "0+10* 10+0* 0+0 0+10* 0+10* 0+10!0@120* 0+10* 0+10!0@120*",
    );
}

#[test]
fn a_clock_that_was_far_ahead_comes_home_with_its_books() {
    check("@60000 r4 s4 @60 r7 r6 @120 r10", "0+0 0+4 4+0 4+0 4+0!6@120 4+6* 0+0 0+10*");
}

#[test]
fn a_clock_beyond_the_calendar_comes_home_too() {
    let mut books = SpendWindow::new(SpendConfig::new(Pico::from_pico(10))).unwrap();
    books.record(Pico::from_pico(10), UnixMillis(u64::MAX));
    assert_eq!(books.left(UnixMillis(HOUR)), Pico::ZERO);
    assert_eq!(books.left(UnixMillis(25 * HOUR)), Pico::from_pico(10));
}

#[test]
fn a_total_has_no_next_window_even_at_the_end_of_time() {
    let config = SpendConfig::new(Pico::from_pico(10)).with_per(SpendPer::Total);
    let mut books = SpendWindow::new(config).unwrap();
    books.record(Pico::from_pico(6), UnixMillis(0));
    let refused = books.reserve(Pico::from_pico(5), UnixMillis(u64::MAX)).unwrap_err();
    assert_eq!(refused, SpendRefused { left: Pico::from_pico(4), retry_at_wall: None });
    assert_eq!(refused.to_string(), "the spend budget has $0.000000000004 left");
}

#[test]
fn sums_at_the_edge_of_the_integer_are_refused_and_not_wrapped() {
    let mut books = SpendWindow::new(SpendConfig::new(Pico::MAX)).unwrap();
    books.record(Pico::from_pico(1), UnixMillis(HOUR));
    assert!(books.reserve(Pico::MAX, UnixMillis(HOUR)).is_err());
    books.record(Pico::MAX, UnixMillis(HOUR));
    assert_eq!(books.left(UnixMillis(HOUR)), Pico::ZERO);
}

#[test]
fn senseless_configurations_name_their_field() {
    let field = |limit, soft| {
        SpendWindow::new(SpendConfig::new(Pico::from_pico(limit)).with_soft(soft))
            .map_err(|error| error.field)
    };
    assert_eq!(field(0, 0.8).err(), Some("limit"));
    for soft in [f64::NAN, 0.0, -0.1, 1.01, f64::INFINITY] {
        assert_eq!(field(1, soft).err(), Some("soft"), "{soft}");
    }
    assert!(field(1, 1.0).is_ok());
}

#[test]
fn the_soft_mark_is_exact_for_large_limits() {
    assert_eq!(share(Pico::from_dollars(50), 0.8), Pico::from_dollars(40));
    assert_eq!(share(Pico::MAX, 1.0), Pico::MAX);
}

#[test]
fn a_day_begins_in_its_zone() {
    let zone: Zone = "+08:00".parse().unwrap();
    let mut books =
        SpendWindow::new(SpendConfig::new(Pico::from_pico(10)).with_zone(zone)).unwrap();
    books.record(Pico::from_pico(10), UnixMillis(15 * HOUR));
    assert_eq!(books.left(UnixMillis(16 * HOUR - 1)), Pico::ZERO);
    assert_eq!(books.left(UnixMillis(16 * HOUR)), Pico::from_pico(10));
}
