//! The registry of calls in flight, under orders of threads that shuttle draws.
//!
//! What is tested is the file itself, with shuttle's locks instead of the standard library's.

mod sync {
    pub(super) use std::sync::{Arc, PoisonError, Weak};

    pub(super) use shuttle::sync::{Mutex, MutexGuard};
}

#[expect(dead_code, reason = "what only the gateway itself asks for")]
#[path = "../../src/idempotency/registry.rs"]
mod tested;

use shuttle::thread::{spawn, yield_now};

use self::sync::Arc;
use self::tested::{Entered, Registry};

/// How many orders are drawn: the deadlock that this was written for shows within a dozen.
const ORDERS: usize = 2_000;

/// Compares as bodies are compared: for as long as it takes another thread to leave.
fn is(asked: u32) -> impl FnOnce(&u32) -> bool {
    move |held| {
        yield_now();
        *held == asked
    }
}

#[test]
fn the_last_may_leave_while_another_question_is_compared() {
    shuttle::check_random(
        || {
            let calls = Arc::new(Registry::<_, u32>::default());
            let others = [7, 8, 7].map(|asked| {
                let calls = Arc::clone(&calls);
                spawn(move || drop(calls.enter("key", asked, is(asked))))
            });
            drop(calls.enter("key", 7, is(7)));
            for other in others {
                other.join().unwrap();
            }
            assert!(matches!(calls.enter("key", 9, is(9)), Entered::First(_)), "one was kept");
        },
        ORDERS,
    );
}

#[test]
fn whoever_joins_holds_what_it_asked_for() {
    shuttle::check_random(
        || {
            let calls = Arc::new(Registry::<_, u32>::default());
            let askers = [7, 7, 8].map(|asked| {
                let calls = Arc::clone(&calls);
                spawn(move || match calls.enter("key", asked, is(asked)) {
                    Entered::First(call) | Entered::Same(call) => assert_eq!(call.value, asked),
                    Entered::Other => {}
                })
            });
            for asker in askers {
                asker.join().unwrap();
            }
        },
        ORDERS,
    );
}
