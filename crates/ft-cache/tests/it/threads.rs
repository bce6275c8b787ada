//! Flights under orders of threads that shuttle draws.
//!
//! What is tested are the files themselves, with shuttle's lock instead of the standard library's. An order in which
//! somebody waits for ever ends the test as a deadlock.

mod sync {
    pub(super) use std::sync::{Arc, PoisonError};

    pub(super) use shuttle::sync::{Mutex, MutexGuard};
}

#[path = "../../src/flight/machine.rs"]
mod machine;

#[expect(
    dead_code,
    unreachable_pub,
    reason = "it is the crate that shows it, to others than this test"
)]
#[path = "../../src/flight/flights.rs"]
mod tested;

use std::sync::atomic::{AtomicUsize, Ordering};

use ft_cache::{FlightKey, Key};
use shuttle::future::block_on;
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread::{spawn, yield_now};

use self::sync::Arc;
use self::tested::{Flights, FollowEnd, LeadGuard, News, Role};

/// How many orders are drawn.
const ORDERS: usize = 2_000;
const KEY: FlightKey = FlightKey(Key::from_bytes([7; 32]), 0);

/// Who leads at this moment.
#[derive(Default)]
struct Leading(AtomicUsize);

impl Leading {
    /// Leads, shows its call, and ends: for all, or for itself.
    fn leads(&self, lead: LeadGuard<u32, u32>, finishes: bool) {
        assert_eq!(self.0.fetch_add(1, Ordering::SeqCst), 0, "a second leader");
        lead.carry(1);
        yield_now();
        assert_eq!(self.0.fetch_sub(1, Ordering::SeqCst), 1);
        if finishes {
            lead.finish(1);
        } else {
            lead.abandon();
        }
    }
}

#[test]
fn nobody_is_stranded_whoever_leads_leaves_or_ends() {
    shuttle::check_random(
        || {
            let flights: Flights<u32, u32> = Flights::default();
            let leading = Arc::new(Leading::default());
            let callers = [(); 4].map(|()| {
                let (flights, leading) = (flights.clone(), Arc::clone(&leading));
                spawn(move || match flights.join(KEY) {
                    Role::Lead(lead) => leading.leads(lead, thread_rng().gen_bool(0.3)),
                    Role::Follow(follower) if thread_rng().gen_bool(0.3) => drop(follower),
                    Role::Follow(mut follower) => match block_on(follower.wait()) {
                        FollowEnd::Lead(lead) => leading.leads(lead, thread_rng().gen_bool(0.3)),
                        FollowEnd::Shared(end) => assert_eq!(end, 1),
                    },
                })
            });
            for caller in callers {
                caller.join().unwrap();
            }
            assert_eq!(flights.count(), 0);
        },
        ORDERS,
    );
}

#[test]
fn a_follower_is_shown_the_call_or_told_its_end() {
    shuttle::check_random(
        || {
            let flights: Flights<u32, u32> = Flights::default();
            let Role::Lead(lead) = flights.join(KEY) else { panic!("nobody else is here") };
            let followers = [(); 2].map(|()| {
                let flights = flights.clone();
                spawn(move || match flights.join(KEY) {
                    Role::Lead(lead) => drop(lead),
                    Role::Follow(mut follower) => {
                        let mut shown = 0;
                        loop {
                            match block_on(follower.news()) {
                                News::Shown(call) => {
                                    assert!(call > shown, "in order, each once");
                                    shown = call;
                                }
                                News::Ended(FollowEnd::Shared(end)) => {
                                    assert_eq!((end, shown), (9, 2), "the last that was shown");
                                    break;
                                }
                                // Of the one who came after the end, and leads for a moment.
                                News::Ended(FollowEnd::Lead(lead)) => {
                                    drop(lead);
                                    break;
                                }
                            }
                            if thread_rng().gen_bool(0.1) {
                                break;
                            }
                        }
                    }
                })
            });
            lead.carry(1);
            yield_now();
            lead.carry(2);
            yield_now();
            lead.finish(9);
            for follower in followers {
                follower.join().unwrap();
            }
            assert_eq!(flights.count(), 0);
        },
        ORDERS,
    );
}
