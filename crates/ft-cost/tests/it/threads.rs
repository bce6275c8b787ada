//! The budget under orders of threads that shuttle draws.
//!
//! What is tested is the file itself, with shuttle's lock instead of the standard library's.

mod sync {
    pub(super) use std::sync::{Arc, PoisonError};

    pub(super) use shuttle::sync::{Mutex, MutexGuard};
}

#[expect(
    dead_code,
    unreachable_pub,
    reason = "it is the crate that shows it, to others than this test"
)]
#[path = "../../src/spend/budget.rs"]
mod tested;

use ft_core::UnixMillis;
use ft_cost::{InvalidSpend, Pico, SpendConfig, SpendRefused, SpendWindow, Ticket};
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread::{spawn, yield_now};

use self::sync::Arc;
use self::tested::SpendBudget;

/// How many orders are drawn.
const ORDERS: usize = 2_000;
const WALL: UnixMillis = UnixMillis(1_700_000_000_000);

fn pico(pico: u64) -> Pico {
    Pico::from_pico(u128::from(pico))
}

/// What is spent is asked for first: it only grows, so that no order of the two questions makes their sum too large.
fn booked(budget: &SpendBudget) -> Pico {
    let spent = budget.spent(WALL);
    yield_now();
    spent.saturating_add(budget.reserved(WALL))
}

/// Holds some of it, and settles it in one of the ways there are; gives what it cost.
fn attempt(budget: &Arc<SpendBudget>) -> u64 {
    let Ok(mut held) = budget.reserve(pico(4), WALL) else { return 0 };
    yield_now();
    match thread_rng().gen_range(0..6) {
        0 => {
            held.settle(pico(3));
            3
        }
        1 => {
            held.settle_at_estimate();
            4
        }
        2 => {
            held.release();
            0
        }
        3 => {
            held.sent();
            drop(held);
            4
        }
        4 => {
            held.sent();
            held.settle(pico(1));
            1
        }
        _ => {
            drop(held);
            0
        }
    }
}

#[test]
fn settled_and_reserved_stay_within_the_limit_and_nothing_is_lost() {
    shuttle::check_random(
        || {
            let limit = pico(10);
            let budget = SpendBudget::new(SpendConfig::new(limit)).unwrap();
            let attempts = [(); 3].map(|()| {
                let budget = Arc::clone(&budget);
                spawn(move || attempt(&budget) + attempt(&budget))
            });
            let looks = {
                let budget = Arc::clone(&budget);
                spawn(move || {
                    for _ in 0..4 {
                        assert!(booked(&budget) <= limit, "{}", booked(&budget));
                    }
                })
            };
            let cost: u64 = attempts.into_iter().map(|attempt| attempt.join().unwrap()).sum();
            looks.join().unwrap();
            assert_eq!(budget.spent(WALL), pico(cost));
            assert!(budget.reserved(WALL).is_zero());
        },
        ORDERS,
    );
}

#[test]
fn a_reload_in_between_forgets_and_grants_nothing() {
    shuttle::check_random(
        || {
            let limit = pico(10);
            let budget = SpendBudget::new(SpendConfig::new(limit)).unwrap();
            let attempts = [(); 3].map(|()| {
                let budget = Arc::clone(&budget);
                spawn(move || attempt(&budget))
            });
            for _ in 0..2 {
                budget.reconfigure(SpendConfig::new(limit)).unwrap();
                assert!(booked(&budget) <= limit, "{}", booked(&budget));
            }
            let cost: u64 = attempts.into_iter().map(|attempt| attempt.join().unwrap()).sum();
            assert_eq!((budget.spent(WALL), budget.reserved(WALL)), (pico(cost), Pico::ZERO));
        },
        ORDERS,
    );
}
