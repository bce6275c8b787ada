//! Every follower gets an end, whoever leaves and when.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Waker};

use ft_cache::{FlightKey, Flights, FollowEnd, Follower, Key, LeadGuard, Role};
use ft_core::Entropy;
use proptest::prelude::*;
use tokio::task::JoinSet;

fn key() -> FlightKey {
    FlightKey(Key::from_bytes([1; 32]), 0)
}

fn lead<T>(role: Role<T>) -> LeadGuard<T> {
    match role {
        Role::Lead(lead) => lead,
        Role::Follow(follower) => panic!("follows: {follower:?}"),
    }
}

fn follow<T>(role: Role<T>) -> Follower<T> {
    match role {
        Role::Follow(follower) => follower,
        Role::Lead(lead) => panic!("leads: {lead:?}"),
    }
}

/// Polls once; `None` while it waits.
fn poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    match Pin::new(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(end) => Some(end),
        Poll::Pending => None,
    }
}

fn poll_wait<T>(follower: &mut Follower<T>) -> Option<FollowEnd<T>> {
    poll(&mut Box::pin(follower.wait()))
}

#[test]
fn an_end_of_the_chain_is_shared_with_all_who_wait() {
    let flights = Flights::new();
    let leader = lead(flights.join(key()));
    let mut waiting = [(); 3].map(|()| follow(flights.join(key())));
    assert_eq!(flights.count(), 1);
    assert!(poll_wait(&mut waiting[0]).is_none());
    assert_eq!(leader.finish("answer"), 3);
    for follower in &mut waiting {
        assert!(matches!(poll_wait(follower), Some(FollowEnd::Shared("answer"))));
    }
    assert_eq!(flights.count(), 0);
}

#[test]
fn whoever_joins_after_the_end_starts_anew() {
    let flights = Flights::new();
    let mut early = {
        let leader = lead(flights.join(key()));
        let early = follow(flights.join(key()));
        leader.finish(1);
        early
    };
    let leader = lead(flights.join(key()));
    assert!(
        matches!(poll_wait(&mut early), Some(FollowEnd::Shared(1))),
        "the early one has its end"
    );
    drop(early);
    let mut late = follow(flights.join(key()));
    assert_eq!(leader.finish(2), 1);
    assert!(matches!(poll_wait(&mut late), Some(FollowEnd::Shared(2))));
}

#[test]
fn another_override_is_another_flight() {
    let flights: Flights<()> = Flights::new();
    let cache_key = key().0;
    let plain = FlightKey::with_overrides(cache_key, &());
    let strict = FlightKey::with_overrides(cache_key, &"no-fallback");
    assert_ne!(plain, strict);
    assert_eq!(strict, FlightKey::with_overrides(cache_key, &"no-fallback"));
    let _one = lead(flights.join(plain));
    let _other = lead(flights.join(strict));
    assert_eq!(flights.count(), 2);
}

#[test]
fn a_dropped_leader_hands_over_to_exactly_one() {
    for by_drop in [true, false] {
        let flights = Flights::new();
        let leader = lead(flights.join(key()));
        let mut waiting = [(); 5].map(|()| follow(flights.join(key())));
        if by_drop {
            drop(leader)
        } else {
            leader.abandon()
        }
        let mut ends = waiting.each_mut().map(poll_wait).into_iter();
        let Some(Some(FollowEnd::Lead(next))) = ends.next() else { panic!("the first leads") };
        assert!(ends.all(|end| end.is_none()), "the others wait on");
        assert_eq!(next.finish("answer"), 4);
        for follower in &mut waiting[1..] {
            assert!(matches!(poll_wait(follower), Some(FollowEnd::Shared("answer"))));
        }
    }
}

#[test]
fn a_follower_that_leaves_after_the_lead_was_handed_to_it_passes_it_on() {
    let flights = Flights::new();
    let leader = lead(flights.join(key()));
    let (first, mut second) = (follow(flights.join(key())), follow(flights.join(key())));
    drop(leader);
    assert!(poll_wait(&mut second).is_none());
    drop(first);
    let Some(FollowEnd::Lead(next)) = poll_wait(&mut second) else { panic!("the second leads") };
    assert_eq!(next.finish(()), 0);
    assert_eq!(flights.count(), 0);
}

#[test]
fn a_follower_that_leaves_frees_its_place() {
    let flights: Flights<()> = Flights::new();
    let leader = lead(flights.join(key()));
    let (stays, leaves) = (follow(flights.join(key())), follow(flights.join(key())));
    assert_eq!(leader.followers(), 2);
    drop(leaves);
    assert_eq!(leader.followers(), 1);
    assert_eq!(leader.finish(()), 1, "only those who are present are told");
    drop(stays);
}

#[test]
fn when_all_leave_no_flight_is_left() {
    let flights: Flights<()> = Flights::new();
    let leader = lead(flights.join(key()));
    let waiting = [(); 100].map(|()| follow(flights.join(key())));
    drop(leader);
    drop(waiting);
    assert_eq!(flights.count(), 0);
    drop(lead(flights.join(key())));
}

#[test]
fn a_wait_that_was_dropped_can_be_made_again() {
    let flights = Flights::new();
    let leader = lead(flights.join(key()));
    let mut follower = follow(flights.join(key()));
    for _ in 0..3 {
        assert!(poll_wait(&mut follower).is_none());
    }
    leader.finish(7);
    assert!(matches!(poll_wait(&mut follower), Some(FollowEnd::Shared(7))));
}

#[test]
fn a_wait_after_the_end_joins_anew() {
    let flights = Flights::new();
    let leader = lead(flights.join(key()));
    let mut follower = follow(flights.join(key()));
    leader.finish(1);
    assert!(matches!(poll_wait(&mut follower), Some(FollowEnd::Shared(1))));
    let Some(FollowEnd::Lead(again)) = poll_wait(&mut follower) else {
        panic!("nobody else leads")
    };
    assert!(poll_wait(&mut follower).is_none(), "now there is a leader");
    assert_eq!(again.finish(2), 1);
    assert!(matches!(poll_wait(&mut follower), Some(FollowEnd::Shared(2))));
}

#[test]
fn a_leader_that_panics_while_it_tells_leaves_nobody_waiting() {
    #[derive(Debug)]
    struct Fragile;
    impl Clone for Fragile {
        fn clone(&self) -> Self {
            panic!("cannot be cloned");
        }
    }
    let flights = Flights::new();
    let leader = lead(flights.join(key()));
    let mut waiting = [(); 3].map(|()| follow(flights.join(key())));
    let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| leader.finish(Fragile)));
    assert!(told.is_err());
    let ends = waiting.each_mut().map(poll_wait);
    assert!(matches!(ends[0], Some(FollowEnd::Lead(_))), "the first to look starts anew");
    assert!(ends[1].is_none() && ends[2].is_none(), "and the others follow it");
    drop(ends);
    assert!(matches!(poll_wait(&mut waiting[1]), Some(FollowEnd::Lead(_))));
}

#[tokio::test]
async fn a_thousand_callers_make_one_call() {
    let flights: Flights<Arc<str>> = Flights::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..1_000 {
        let (flights, calls) = (flights.clone(), Arc::clone(&calls));
        callers.spawn(async move {
            match flights.join(key()) {
                Role::Lead(leader) => {
                    calls.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                    leader.finish("answer".into());
                    "answer".into()
                }
                Role::Follow(mut follower) => match follower.wait().await {
                    FollowEnd::Shared(answer) => answer,
                    FollowEnd::Lead(_) => panic!("the leader did not leave"),
                },
            }
        });
    }
    let answers = callers.join_all().await;
    assert!(answers.len() == 1_000 && answers.iter().all(|answer| &**answer == "answer"));
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert_eq!(flights.count(), 0);
}

#[test]
fn callers_on_many_threads_have_one_leader() {
    let flights: Flights<usize> = Flights::new();
    let start = Barrier::new(8);
    let roles = std::thread::scope(|scope| {
        let join = || {
            start.wait();
            (0..125).map(|_| flights.join(key())).collect::<Vec<_>>()
        };
        let threads = [(); 8].map(|()| scope.spawn(join));
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let (mut leads, mut followers) = (Vec::new(), Vec::new());
    for role in roles {
        match role {
            Role::Lead(lead) => leads.push(lead),
            Role::Follow(follower) => followers.push(follower),
        }
    }
    assert_eq!((leads.len(), followers.len()), (1, 999));
    assert_eq!(leads.remove(0).finish(1), 999);
    assert!(followers.iter_mut().all(|it| matches!(poll_wait(it), Some(FollowEnd::Shared(1)))));
}

/// Four threads join, wait, leave, hand over and finish at will. A follower that is forgotten would hang here.
#[test]
fn there_is_never_a_second_leader_nor_a_stranded_follower() {
    let flights: Flights<()> = Flights::new();
    let leading = AtomicUsize::new(0);
    let shared = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for seed in 0..4 {
            let (flights, leading, shared) = (&flights, &leading, &shared);
            scope.spawn(move || {
                let mut draw = Entropy::seeded(seed);
                let end = |leader: LeadGuard<()>, draw: &mut Entropy| {
                    assert_eq!(leading.fetch_add(1, Ordering::SeqCst), 0, "a second leader");
                    std::thread::yield_now();
                    leading.fetch_sub(1, Ordering::SeqCst);
                    if draw.chance(0.5) {
                        leader.finish(());
                    } else {
                        leader.abandon();
                    }
                };
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                for _ in 0..5_000 {
                    match flights.join(key()) {
                        Role::Lead(leader) => end(leader, &mut draw),
                        Role::Follow(follower) if draw.chance(0.3) => drop(follower),
                        Role::Follow(mut follower) => match runtime.block_on(follower.wait()) {
                            FollowEnd::Lead(leader) => end(leader, &mut draw),
                            FollowEnd::Shared(()) => {
                                shared.fetch_add(1, Ordering::Relaxed);
                            }
                        },
                    }
                }
            });
        }
    });
    assert_eq!(flights.count(), 0);
}

type Waiting = Pin<Box<dyn Future<Output = FollowEnd<u32>>>>;

/// Callers of one key, each doing what the script says.
#[derive(Default)]
struct Crowd {
    leads: BTreeMap<usize, LeadGuard<u32>>,
    waits: BTreeMap<usize, Waiting>,
    came: usize,
}

impl Crowd {
    fn join(&mut self, flights: &Flights<u32>) {
        let caller = self.came;
        self.came += 1;
        match flights.join(key()) {
            Role::Lead(lead) => drop(self.leads.insert(caller, lead)),
            Role::Follow(mut follower) => {
                self.waits.insert(caller, Box::pin(async move { follower.wait().await }));
            }
        }
    }

    /// Polls this caller; true when its waiting came to an end.
    fn poll(&mut self, caller: usize) -> bool {
        let Some(end) = self.waits.get_mut(&caller).and_then(poll) else { return false };
        self.waits.remove(&caller);
        if let FollowEnd::Lead(lead) = end {
            self.leads.insert(caller, lead);
        }
        true
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_follower_gets_an_end_in_whatever_order_others_leave(
        script in prop::collection::vec((0_u8..6, any::<prop::sample::Index>()), 0..60),
        finishes in any::<bool>(),
    ) {
        let flights = Flights::new();
        let mut crowd = Crowd::default();
        for (step, who) in script {
            let caller = who.index(crowd.came.max(1));
            match step {
                0 | 1 => crowd.join(&flights),
                2 => drop(crowd.poll(caller)),
                3 => drop(crowd.waits.remove(&caller)),
                4 => drop(crowd.leads.remove(&caller)),
                _ => drop(crowd.leads.remove(&caller).map(|lead| lead.finish(1))),
            }
            prop_assert!(crowd.leads.len() <= 1, "two leaders");
            prop_assert!(flights.count() <= 1);
        }
        // From here on each leader ends at once, one way or the other, and all must be served.
        let mut rounds = crowd.waits.len() + 1;
        while !crowd.waits.is_empty() {
            prop_assert!(rounds > 0, "{} wait for ever", crowd.waits.len());
            rounds -= 1;
            for (_, lead) in std::mem::take(&mut crowd.leads) {
                if finishes { lead.finish(2); } else { lead.abandon(); }
            }
            let callers: Vec<usize> = crowd.waits.keys().copied().collect();
            let ended = callers.into_iter().filter(|&caller| crowd.poll(caller)).count();
            prop_assert!(ended > 0, "nobody was told anything");
        }
        crowd.leads.clear();
        prop_assert_eq!(flights.count(), 0);
    }
}
