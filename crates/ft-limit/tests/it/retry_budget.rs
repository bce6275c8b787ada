//! The retry budget: there by default, exact under threads, never overdrawn.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ft_core::Tick;
use ft_limit::{RetryBudget, RetryBudgetConfig};
use proptest::prelude::*;

fn spend(budget: &RetryBudget, now: Tick) -> usize {
    std::iter::from_fn(|| budget.withdraw(now)).map(|token| token.sent()).count()
}

#[test]
fn a_budget_exists_by_default() {
    let budget = RetryBudget::default();
    let now = Tick::from_secs(1);
    assert_eq!(spend(&budget, now), 10);
    for _ in 0..100 {
        budget.deposit(now);
    }
    assert_eq!(spend(&budget, now), 20);
}

#[test]
fn it_refills_after_recovery() {
    let budget = RetryBudget::default();
    assert_eq!(spend(&budget, Tick::ZERO), 10);
    assert_eq!(spend(&budget, Tick::from_millis(999)), 0);
    assert_eq!(spend(&budget, Tick::from_secs(1)), 1);
    assert_eq!(budget.available(Tick::from_secs(60)), 10);
    for _ in 0..50 {
        budget.deposit(Tick::from_secs(60));
    }
    assert_eq!(spend(&budget, Tick::from_secs(60)), 20);
}

#[test]
fn a_dropped_token_comes_back_and_a_sent_one_does_not() {
    let config = RetryBudgetConfig { reserve: 1, ..RetryBudgetConfig::default() };
    let budget = Arc::new(RetryBudget::new(config).unwrap());
    drop(budget.withdraw(Tick::ZERO).unwrap());
    drop(budget.withdraw_owned(Tick::ZERO).unwrap());
    budget.withdraw(Tick::ZERO).unwrap().sent();
    assert!(budget.withdraw(Tick::ZERO).is_none());
    for _ in 0..5 {
        budget.deposit(Tick::ZERO);
    }
    drop(budget.withdraw(Tick::ZERO).unwrap());
    budget.withdraw_owned(Tick::ZERO).unwrap().sent();
    assert!(budget.withdraw(Tick::ZERO).is_none());
}

#[test]
fn one_providers_outage_does_not_eat_anothers_retries() {
    let (a, b) = (RetryBudget::default(), RetryBudget::default());
    assert_eq!(spend(&a, Tick::ZERO), 10);
    assert_eq!(b.available(Tick::ZERO), 10);
}

#[test]
fn a_minute_of_total_outage_costs_a_fifth_more_calls_and_the_reserve() {
    let budget = RetryBudget::default();
    let mut retries = 0;
    for tick in 0..6_000 {
        let now = Tick::from_millis(10 * tick);
        budget.deposit(now);
        retries += spend(&budget, now);
    }
    // 20 % of 6,000, the reserve, and its refill of a minute.
    assert!((1_200..=1_200 + 10 + 60).contains(&retries), "{retries}");
}

/// 8 threads × 10,000 at one moment: not one token too many, and not one lost.
#[test]
fn eight_threads_withdraw_no_more_than_was_earned_and_lose_nothing() {
    const THREADS: u32 = 8;
    const ROUNDS: u32 = 10_000;
    let budget = RetryBudget::default();
    let now = Tick::from_secs(100);
    let (sent, deposits) = (AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (budget, sent, deposits) = (&budget, &sent, &deposits);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    if (round + thread) % 2 == 0 {
                        budget.deposit(now);
                        deposits.fetch_add(1, Ordering::Relaxed);
                    }
                    match budget.withdraw(now) {
                        Some(token) if round % 3 == 0 => drop(token),
                        Some(token) => {
                            token.sent();
                            sent.fetch_add(1, Ordering::Relaxed);
                        }
                        None => {}
                    }
                }
            });
        }
    });
    let (sent, deposits) = (sent.into_inner(), deposits.into_inner());
    assert_eq!(deposits, THREADS * ROUNDS / 2);
    assert!(sent <= deposits / 5 + 10, "{sent} of {deposits}");
    assert_eq!(sent + budget.available(now), deposits / 5 + 10);
}

#[derive(Debug, Clone)]
enum Op {
    Deposit,
    Withdraw,
    Refund(usize),
    Sent(usize),
    Forward(u64),
    Back(u64),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => Just(Op::Deposit),
        6 => Just(Op::Withdraw),
        2 => (0_usize..16).prop_map(Op::Refund),
        2 => (0_usize..16).prop_map(Op::Sent),
        2 => (0_u64..4_000).prop_map(Op::Forward),
        1 => (0_u64..1_000_000_000_000).prop_map(Op::Forward),
        1 => (0_u64..100_000_000).prop_map(Op::Back),
        1 => (0_u64..20_000).prop_map(Op::Back),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// However deposits, withdrawals, refunds and a wandering clock interleave, what is out never exceeds
    /// a fifth of the deposits, the reserve, and a token per second that passed.
    #[test]
    fn it_is_never_overdrawn(ops in proptest::collection::vec(op(), 1..400)) {
        let budget = RetryBudget::default();
        let mut now = Tick::from_secs(1_000_000);
        let (mut deposits, mut sent, mut passed) = (0_u64, 0_u64, Duration::ZERO);
        let mut held = Vec::new();
        for op in ops {
            match op {
                Op::Deposit => {
                    budget.deposit(now);
                    deposits += 1;
                }
                Op::Withdraw => {
                    let left = budget.available(now);
                    let token = budget.withdraw(now);
                    prop_assert_eq!(token.is_some(), left > 0);
                    held.extend(token);
                }
                Op::Refund(which) if !held.is_empty() => drop(held.remove(which % held.len())),
                Op::Sent(which) if !held.is_empty() => {
                    held.remove(which % held.len()).sent();
                    sent += 1;
                }
                Op::Refund(_) | Op::Sent(_) => {}
                Op::Forward(ms) => {
                    now = now.after(Duration::from_millis(ms));
                    passed += Duration::from_millis(ms);
                }
                Op::Back(ms) => now = now.before(Duration::from_millis(ms)),
            }
            let out = sent + held.len() as u64;
            prop_assert!(out <= deposits / 5 + 10 + passed.as_secs(), "{out} of {deposits}");
        }
    }
}
