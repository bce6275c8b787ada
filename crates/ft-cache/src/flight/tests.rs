//! Scripts of joining and leaving, over the pure table; and the one race that no script reaches.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use tokio::sync::oneshot;

use super::flights::Told;
use super::machine::{Joined, Table, Ticket};
use super::{FlightKey, Flights, FollowEnd, Follower, News, Role};
use crate::Key;

const KEY: FlightKey = FlightKey(Key::from_bytes([7; 32]), 0);

/// Plays a script of one key and compares what each word came to.
///
/// `J` joins, callers numbered from 0 on; `x2` is caller 2 leaving while it waits; `drop` is the leader's own
/// end; `end` is the chain's.
fn check(script: &str, expected: &str) {
    let mut table: Table<usize> = Table::default();
    let mut tickets: Vec<Option<Ticket>> = Vec::new();
    let mut came_to = Vec::new();
    for word in script.split_whitespace() {
        came_to.push(match word {
            "J" => {
                let caller = tickets.len();
                match table.join(KEY, caller) {
                    Joined::Lead(own) => {
                        assert_eq!(own, caller, "what a leader brought comes back to it");
                        tickets.push(None);
                        format!("lead{caller}")
                    }
                    Joined::Follow(ticket, _) => {
                        tickets.push(Some(ticket));
                        format!("follow{caller}")
                    }
                }
            }
            "drop" => match table.pass_on(&KEY).0 {
                Some(caller) => format!("lead{caller}"),
                None => "over".to_owned(),
            },
            "end" => {
                let told: Vec<String> = table.finish(&KEY).0.map(|to| to.to_string()).collect();
                format!("told({})", told.join(","))
            }
            leaves => {
                let caller: usize = leaves.strip_prefix('x').unwrap().parse().unwrap();
                match table.leave(&KEY, tickets[caller].unwrap()) {
                    Some(_) => format!("left{caller}"),
                    None => "nothing".to_owned(),
                }
            }
        });
    }
    assert_eq!(came_to.join(" "), expected, "script: {script}");
}

#[test]
fn the_first_leads_and_the_others_follow() {
    check("J J J", "lead0 follow1 follow2");
}

#[test]
fn an_end_is_told_to_all_who_wait_in_order() {
    check("J J J end", "lead0 follow1 follow2 told(1,2)");
}

#[test]
fn a_lead_without_followers_ends_quietly() {
    check("J end", "lead0 told()");
    check("J drop", "lead0 over");
}

#[test]
fn a_dropped_lead_goes_to_the_one_who_has_waited_longest() {
    check("J J J drop", "lead0 follow1 follow2 lead1");
}

#[test]
fn each_follower_leads_at_most_once() {
    check("J J J drop drop drop", "lead0 follow1 follow2 lead1 lead2 over");
}

#[test]
fn one_who_left_is_neither_told_nor_made_to_lead() {
    check("J J J x1 drop", "lead0 follow1 follow2 left1 lead2");
    check("J J J x1 end", "lead0 follow1 follow2 left1 told(2)");
    check("J J x1 drop", "lead0 follow1 left1 over");
}

#[test]
fn whoever_joins_under_a_new_leader_waits_behind_the_others() {
    check("J J J drop J drop drop", "lead0 follow1 follow2 lead1 follow3 lead2 lead3");
}

#[test]
fn whoever_joins_after_the_end_starts_anew() {
    check("J J end J J", "lead0 follow1 told(1) lead2 follow3");
    check("J drop J", "lead0 over lead1");
}

#[test]
fn a_place_in_a_flight_that_is_over_frees_none_in_the_next() {
    check("J J end J J x1 end", "lead0 follow1 told(1) lead2 follow3 nothing told(3)");
}

#[test]
fn flights_of_other_keys_are_apart() {
    let mut table: Table<usize> = Table::default();
    let other = FlightKey(KEY.0, 1);
    assert_eq!(table.join(KEY, 0), Joined::Lead(0));
    assert_eq!(table.join(other, 1), Joined::Lead(1), "another override is another flight");
    assert_eq!(table.len(), 2);
    assert_eq!(table.finish(&KEY).0.count(), 0);
    assert_eq!(table.len(), 1);
}

#[test]
fn a_successor_that_left_between_being_picked_and_being_told_is_passed_over() {
    for present in [true, false] {
        let flights: Flights<()> = Flights::new();
        let Role::Lead(leader) = flights.join(KEY) else { panic!("nobody else is here") };
        // Its place is still taken, and nobody listens any more.
        for _ in 0..3 {
            let (tell, _) = oneshot::channel();
            assert!(matches!(flights.table(&KEY).join(KEY, tell), Joined::Follow(..)));
        }
        let (tell, mut told) = oneshot::channel();
        if present {
            assert!(matches!(flights.table(&KEY).join(KEY, tell), Joined::Follow(..)));
        }
        drop(leader);
        assert_eq!(flights.count(), usize::from(present));
        assert_eq!(matches!(told.try_recv(), Ok(Told::Ended(FollowEnd::Lead(_)))), present);
        assert_eq!(flights.count(), 0, "and the lead that was looked at and dropped is over");
    }
}

#[test]
fn each_call_is_shown_to_all_who_follow_also_the_next_leaders() {
    fn news(follower: &mut Follower<u8, u8>) -> Option<News<u8, u8>> {
        let polled = pin!(follower.news()).poll(&mut Context::from_waker(Waker::noop()));
        match polled {
            Poll::Ready(news) => Some(news),
            Poll::Pending => None,
        }
    }
    let flights: Flights<u8, u8> = Flights::default();
    let join = || match flights.join(KEY) {
        Role::Follow(follower) => follower,
        Role::Lead(lead) => panic!("leads: {lead:?}"),
    };
    let Role::Lead(first) = flights.join(KEY) else { panic!("nobody else is here") };
    let (mut next, mut early) = (join(), join());
    assert!(news(&mut early).is_none());
    first.carry(1);
    let mut late = join();
    for follower in [&mut early, &mut late] {
        assert!(matches!(news(follower), Some(News::Shown(1))));
        assert!(news(follower).is_none(), "once");
    }
    drop(first);
    assert!(matches!(news(&mut next), Some(News::Shown(1))), "what came first is told first");
    let Some(News::Ended(FollowEnd::Lead(second))) = news(&mut next) else { panic!("it leads") };
    assert!(news(&mut early).is_none());
    second.carry(2);
    second.carry(3);
    for follower in [&mut early, &mut late] {
        assert!(matches!(news(follower), Some(News::Shown(2))));
        assert!(matches!(news(follower), Some(News::Shown(3))));
    }
    assert_eq!(second.finish(4), 2);
    for follower in [&mut early, &mut late] {
        assert!(matches!(news(follower), Some(News::Ended(FollowEnd::Shared(4)))));
    }
}

#[test]
fn a_lead_behind_a_call_that_was_not_looked_at_is_passed_on_by_leaving() {
    let flights: Flights<(), u8> = Flights::default();
    let Role::Lead(lead) = flights.join(KEY) else { panic!("nobody else is here") };
    let Role::Follow(follower) = flights.join(KEY) else { panic!("it leads") };
    lead.carry(1);
    drop(lead);
    assert_eq!(flights.count(), 1);
    drop(follower);
    assert_eq!(flights.count(), 0);
}
