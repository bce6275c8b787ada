//! Spend budgets under concurrency, cancellation and every order of events.

use std::sync::{Arc, Barrier};

use ft_core::UnixMillis;
use ft_cost::{Pico, Reservation, SpendBudget, SpendConfig, SpendPer};
use proptest::prelude::*;

const HOUR: u64 = 3_600_000;
const WALL: UnixMillis = UnixMillis(0);

fn pico(amount: u128) -> Pico {
    Pico::from_pico(amount)
}

fn budget(limit: u128) -> Arc<SpendBudget> {
    SpendBudget::new(SpendConfig::new(pico(limit)).with_per(SpendPer::Hour)).unwrap()
}

#[test]
fn fifty_threads_share_a_budget_for_ten_calls_and_ten_are_admitted() {
    let budget = budget(1_000);
    let start = Barrier::new(50);
    let call = || {
        start.wait();
        let mut reservation = budget.reserve(pico(100), WALL).ok()?;
        reservation.sent();
        reservation.settle_at_estimate();
        Some(())
    };
    let admitted = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..50).map(|_| scope.spawn(call)).collect();
        calls.into_iter().filter_map(|call| call.join().unwrap()).count()
    });
    assert_eq!((admitted, budget.spent(WALL), budget.left(WALL)), (10, pico(1_000), Pico::ZERO));
}

#[test]
fn dropped_before_it_is_sent_the_money_goes_back() {
    let budget = budget(10);
    drop(budget.reserve(pico(10), WALL).unwrap());
    assert_eq!((budget.spent(WALL), budget.left(WALL)), (pico(0), pico(10)));
}

#[test]
fn dropped_after_it_is_sent_the_estimate_is_spent() {
    let budget = budget(10);
    let mut reservation = budget.reserve(pico(7), WALL).unwrap();
    reservation.sent();
    drop(reservation);
    assert_eq!((budget.spent(WALL), budget.left(WALL)), (pico(7), pico(3)));
}

#[test]
fn a_thread_that_unwinds_counts_as_a_drop() {
    let budget = budget(10);
    let shared = Arc::clone(&budget);
    let call = std::thread::spawn(move || {
        let mut sent = shared.reserve(pico(6), WALL).unwrap();
        sent.sent();
        let _unsent = shared.reserve(pico(4), WALL).unwrap();
        std::panic::resume_unwind(Box::new("the call's task dies"));
    });
    assert!(call.join().is_err());
    assert_eq!((budget.spent(WALL), budget.left(WALL)), (pico(6), pico(4)));
}

#[test]
fn a_released_call_costs_nothing_even_after_it_was_sent() {
    let budget = budget(10);
    let mut refused_unread = budget.reserve(pico(10), WALL).unwrap();
    refused_unread.sent();
    refused_unread.release();
    assert_eq!((budget.spent(WALL), budget.reserved(WALL)), (pico(0), pico(0)));
}

#[test]
fn a_provider_that_bills_more_than_the_bound_stops_the_spending() {
    let budget = budget(10);
    budget.reserve(pico(2), WALL).unwrap().settle(pico(25));
    assert_eq!((budget.spent(WALL), budget.left(WALL)), (pico(25), pico(0)));
    let refused = budget.reserve(pico(1), WALL).unwrap_err();
    assert_eq!((refused.left, refused.retry_at_wall), (pico(0), Some(UnixMillis(HOUR))));
}

#[test]
fn a_restart_can_bring_what_was_spent_before() {
    let budget = budget(10);
    budget.record(pico(8), WALL);
    assert!(budget.is_soft(WALL));
    assert!(budget.reserve(pico(3), WALL).is_err());
}

/// A call in the books that are kept by hand.
struct Live {
    page: usize,
    amount: u128,
    sent: bool,
    reservation: Reservation,
}

fn reserved(live: &[Live], page: usize) -> u128 {
    live.iter().filter(|call| call.page == page).map(|call| call.amount).sum()
}

#[derive(Clone, Debug)]
enum Step {
    Reserve(u128),
    Sent(usize),
    Settle(usize, u8),
    AtEstimate(usize),
    Release(usize),
    Drop(usize),
    Pass(u64),
    Back(u64),
    Reload(u128),
}

fn step() -> impl Strategy<Value = Step> {
    let which = || 0_usize..16;
    prop_oneof![
        6 => (0_u128..60).prop_map(Step::Reserve),
        2 => which().prop_map(Step::Sent),
        2 => (which(), 0_u8..=100).prop_map(|(which, percent)| Step::Settle(which, percent)),
        1 => which().prop_map(Step::AtEstimate),
        1 => which().prop_map(Step::Release),
        2 => which().prop_map(Step::Drop),
        1 => (0_u64..2 * HOUR).prop_map(Step::Pass),
        1 => (0_u64..2 * HOUR).prop_map(Step::Back),
        1 => (50_u128..200).prop_map(Step::Reload),
    ]
}

proptest! {
    /// A second set of books, kept by hand: each reservation belongs to the page on which it was made, and a
    /// page is turned when the clock first passes the end of the window. A step back over its beginning turns
    /// nothing; one further back moves the page to its window. A reload brings another limit and the same books:
    /// what was admitted under a larger one stays.
    #[test]
    fn no_order_of_events_spends_more_than_the_limit(steps in prop::collection::vec(step(), 0..120)) {
        const LIMIT: u128 = 100;
        let budget = budget(LIMIT);
        let mut wall = 10 * HOUR;
        let mut window = wall / HOUR;
        let mut settled: Vec<u128> = vec![0];
        let mut live: Vec<Live> = Vec::new();
        let mut limit = LIMIT;
        // The largest limit of each page.
        let mut most: Vec<u128> = vec![LIMIT];
        prop_assert_eq!(budget.left(UnixMillis(wall)), pico(LIMIT));
        for step in steps {
            match step {
                Step::Pass(by) => wall += by,
                Step::Back(by) => wall = wall.saturating_sub(by),
                Step::Reserve(_) | Step::Sent(_) | Step::Settle(..) | Step::AtEstimate(_)
                | Step::Release(_) | Step::Drop(_) | Step::Reload(_) => {}
            }
            if wall / HOUR > window {
                settled.push(0);
                most.push(limit);
            }
            if wall / HOUR > window || wall / HOUR + 1 < window {
                window = wall / HOUR;
            }
            let page = settled.len() - 1;
            let now = UnixMillis(wall);
            match step {
                Step::Reserve(amount) => {
                    let fits = settled[page] + reserved(&live, page) + amount <= limit;
                    let outcome = budget.reserve(pico(amount), now);
                    prop_assert_eq!(outcome.is_ok(), fits);
                    if let Ok(reservation) = outcome {
                        live.push(Live { page, amount, sent: false, reservation });
                    }
                }
                Step::Sent(which) if which < live.len() => {
                    live[which].sent = true;
                    live[which].reservation.sent();
                }
                Step::Settle(which, percent) if which < live.len() => {
                    let call = live.swap_remove(which);
                    let actual = call.amount * u128::from(percent) / 100;
                    call.reservation.settle(pico(actual));
                    settled[call.page] += actual;
                }
                Step::AtEstimate(which) if which < live.len() => {
                    let call = live.swap_remove(which);
                    call.reservation.settle_at_estimate();
                    settled[call.page] += call.amount;
                }
                Step::Release(which) if which < live.len() => {
                    live.swap_remove(which).reservation.release();
                }
                Step::Drop(which) if which < live.len() => {
                    let call = live.swap_remove(which);
                    settled[call.page] += if call.sent { call.amount } else { 0 };
                }
                Step::Reload(to) => {
                    limit = to;
                    most[page] = most[page].max(to);
                    let config = SpendConfig::new(pico(to)).with_per(SpendPer::Hour);
                    budget.reconfigure(config).unwrap();
                }
                _ => {}
            }
            prop_assert_eq!(budget.spent(now), pico(settled[page]));
            prop_assert_eq!(budget.reserved(now), pico(reserved(&live, page)));
            prop_assert!(settled[page] + reserved(&live, page) <= most[page]);
            prop_assert!(settled.iter().zip(&most).all(|(spent, most)| spent <= most));
        }
    }

    #[test]
    fn threads_in_any_order_never_spend_more_than_the_limit(
        amounts in prop::collection::vec((1_u128..50, any::<bool>(), any::<bool>()), 1..40),
    ) {
        const LIMIT: u128 = 200;
        let budget = budget(LIMIT);
        std::thread::scope(|scope| {
            for part in amounts.chunks(10) {
                let budget = &budget;
                scope.spawn(move || for &(amount, sent, settle) in part {
                    let Ok(mut reservation) = budget.reserve(pico(amount), WALL) else { continue };
                    assert!(budget.spent(WALL) <= pico(LIMIT));
                    if sent { reservation.sent(); }
                    if settle { reservation.settle(pico(amount / 2)); }
                });
            }
        });
        prop_assert!(budget.spent(WALL) <= pico(LIMIT));
        prop_assert_eq!(budget.reserved(WALL), Pico::ZERO);
    }
}

#[test]
fn new_settings_keep_the_books_and_bad_ones_change_nothing() {
    let budget = budget(1_000);
    budget.record(pico(300), WALL);
    let held = budget.reserve(pico(200), WALL).unwrap();
    budget.reconfigure(SpendConfig::new(pico(600)).with_per(SpendPer::Hour)).unwrap();
    assert_eq!((budget.limit(), budget.left(WALL)), (pico(600), pico(100)));
    held.settle(pico(250));
    assert_eq!((budget.spent(WALL), budget.left(WALL)), (pico(550), pico(50)));
    assert!(budget.is_soft(WALL));
    budget.reconfigure(SpendConfig::new(Pico::ZERO)).unwrap_err();
    assert_eq!((budget.limit(), budget.left(WALL)), (pico(600), pico(50)));
    assert_eq!(budget.left(UnixMillis(HOUR)), pico(600), "the window is the hour as before");
}

#[test]
fn another_window_begins_with_what_the_present_one_had_spent() {
    let budget = budget(1_000);
    budget.record(pico(300), WALL);
    budget.reconfigure(SpendConfig::new(pico(1_000)).with_per(SpendPer::Day)).unwrap();
    assert_eq!(budget.left(UnixMillis(HOUR)), pico(700), "the day is not over with the hour");
    assert_eq!(budget.left(UnixMillis(24 * HOUR)), pico(1_000));
}
