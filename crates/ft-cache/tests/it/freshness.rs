//! Both ends of an entry's life, to the nanosecond, on a clock that the test moves.

use std::sync::Arc;
use std::time::Duration;

use ft_cache::{
    Cache, CacheConfig, Fill, Key, Lookup, MapStore, MokaStore, NotStored, Purge, Scope, Store,
};
use ft_core::{ChatRequest, ChatResponse, Clock, ManualClock, Tick};

use crate::{SCOPE, answer, lesser};

const NANO: Duration = Duration::from_nanos(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// A cache, a clock that begins at one day, and one key.
struct Bench {
    cache: Cache,
    clock: ManualClock,
    key: Key,
}

impl Bench {
    fn new(fresh_for: Duration, stale_for: Duration) -> Self {
        let store: Arc<dyn Store> = Arc::new(MapStore::new(1 << 20));
        Self::over(store, fresh_for, stale_for)
    }

    fn over(store: Arc<dyn Store>, fresh_for: Duration, stale_for: Duration) -> Self {
        let config = CacheConfig::default().with_fresh_for(fresh_for).with_stale_for(stale_for);
        Self {
            cache: Cache::new(store, config).unwrap(),
            clock: ManualClock::at(Tick::from_secs(86_400)),
            key: Key::of(&SCOPE, &ChatRequest::user("hi")),
        }
    }

    fn fill(&self, fill: Fill) -> Result<(), NotStored> {
        self.cache.fill(self.key, &SCOPE, fill, self.clock.now()).map(drop)
    }

    /// `fresh`, `stale` or `miss`, with the text.
    fn look(&self) -> String {
        match self.cache.lookup(&self.key, self.clock.now()) {
            Lookup::Fresh(entry) => format!("fresh {}", entry.response.text()),
            Lookup::Stale(entry) => format!("stale {}", entry.response.text()),
            Lookup::Miss => "miss".to_owned(),
        }
    }

    fn look_after(&self, by: Duration) -> String {
        self.clock.advance(by);
        self.look()
    }
}

#[test]
fn an_answer_is_fresh_then_stale_then_gone_at_the_exact_moments() {
    let it = Bench::new(MINUTE, HOUR);
    assert_eq!(it.look(), "miss");
    it.fill(answer("a")).unwrap();
    assert_eq!(it.look(), "fresh a");
    assert_eq!(it.look_after(MINUTE - NANO), "fresh a");
    assert_eq!(it.look_after(NANO), "stale a", "at fresh_until it is stale");
    assert_eq!(it.look_after(HOUR - NANO), "stale a");
    assert_eq!(it.look_after(NANO), "miss", "at stale_until it is gone");
}

#[test]
fn by_default_an_answer_is_never_fresh_and_stale_for_a_day() {
    let config = CacheConfig::default();
    let it = Bench::new(config.fresh_for, config.stale_for);
    it.fill(answer("a")).unwrap();
    assert_eq!(it.look(), "stale a");
    assert_eq!(it.look_after(24 * HOUR - NANO), "stale a");
    assert_eq!(it.look_after(NANO), "miss");
    assert!(!it.cache.coalesces());
}

#[test]
fn coalescing_follows_freshness_unless_it_is_set() {
    let fresh = CacheConfig::default().with_fresh_for(MINUTE);
    assert!(fresh.coalesces());
    assert!(!fresh.with_coalesce(false).coalesces());
    assert!(CacheConfig::default().with_coalesce(true).coalesces());
}

#[test]
fn a_lesser_answer_is_never_fresh() {
    let it = Bench::new(MINUTE, HOUR);
    it.fill(lesser("b")).unwrap();
    assert_eq!(it.look(), "stale b");
    assert_eq!(it.look_after(HOUR - NANO), "stale b");
    assert_eq!(it.look_after(NANO), "miss");
}

#[test]
fn a_lesser_answer_takes_the_place_of_a_full_one_only_when_that_is_no_longer_fresh() {
    let it = Bench::new(MINUTE, HOUR);
    it.fill(answer("a")).unwrap();
    assert_eq!(it.fill(lesser("b")), Err(NotStored::BetterIsFresh));
    assert_eq!(it.look(), "fresh a");
    it.clock.advance(MINUTE);
    it.fill(lesser("b")).unwrap();
    assert_eq!(it.look(), "stale b");
    it.fill(answer("c")).unwrap();
    assert_eq!(it.look(), "fresh c", "a full one always takes the place of a lesser one");
}

#[test]
fn reading_does_not_lengthen_a_life() {
    let it = Bench::new(MINUTE, HOUR);
    it.fill(answer("a")).unwrap();
    for _ in 0..60 {
        assert_eq!(it.look(), "fresh a");
        it.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(it.look(), "stale a");
    for _ in 0..60 {
        assert_eq!(it.look(), "stale a");
        it.clock.advance(MINUTE);
    }
    assert_eq!(it.look(), "miss");
}

#[test]
fn filling_again_begins_a_new_life() {
    let it = Bench::new(MINUTE, HOUR);
    it.fill(answer("a")).unwrap();
    it.clock.advance(MINUTE);
    it.fill(answer("b")).unwrap();
    assert_eq!(it.look_after(MINUTE - NANO), "fresh b");
}

#[test]
fn a_clock_set_back_makes_nothing_fresh_that_may_be_old() {
    let it = Bench::new(HOUR, HOUR);
    it.fill(answer("a")).unwrap();
    let filled = it.clock.now();
    it.clock.set(filled.before(Duration::from_secs(1)));
    assert_eq!(it.look(), "fresh a", "calls side by side read the clock at different moments");
    it.clock.set(filled.before(Duration::from_secs(1) + NANO));
    assert_eq!(it.look(), "stale a");
    it.clock.set(Tick::ZERO);
    assert_eq!(it.look(), "stale a");
    it.fill(answer("b")).unwrap();
    assert_eq!(it.look(), "fresh b", "what is filled by the clock as it now is counts by it");
}

#[test]
fn the_end_of_time_is_no_panic() {
    let it = Bench::new(HOUR, HOUR);
    it.clock.set(Tick::MAX.before(MINUTE));
    it.fill(answer("a")).unwrap();
    assert_eq!(it.look(), "fresh a");
    it.clock.set(Tick::MAX);
    assert_eq!(it.look(), "miss");
    assert_eq!(it.fill(answer("b")), Err(NotStored::NoLifetime));
}

#[test]
fn an_answer_without_a_life_is_not_put() {
    let none = Bench::new(Duration::ZERO, Duration::ZERO);
    assert_eq!(none.fill(answer("a")), Err(NotStored::NoLifetime));
    let fresh_only = Bench::new(MINUTE, Duration::ZERO);
    assert_eq!(fresh_only.fill(lesser("a")), Err(NotStored::NoLifetime));
    fresh_only.fill(answer("a")).unwrap();
    assert_eq!(fresh_only.look_after(MINUTE - NANO), "fresh a");
    assert_eq!(fresh_only.look_after(NANO), "miss");
}

#[test]
fn what_may_not_be_stored_leaves_what_was_there() {
    let it = Bench::new(MINUTE, HOUR);
    it.fill(answer("a")).unwrap();
    let cut = Fill { response: Arc::new(ChatResponse::default()), ..answer("") };
    assert_eq!(it.fill(cut), Err(NotStored::Empty));
    assert_eq!(it.look(), "fresh a");
}

#[test]
fn moka_s_own_clock_has_no_say_in_freshness() {
    let store = Arc::new(MokaStore::new(1 << 20, HOUR));
    let it = Bench::over(store, MINUTE, HOUR);
    it.fill(answer("a")).unwrap();
    assert_eq!(it.look_after(MINUTE - NANO), "fresh a");
    assert_eq!(it.look_after(NANO), "stale a");
    assert_eq!(it.look_after(HOUR), "miss");
}

#[test]
fn entries_say_who_served_them() {
    let it = Bench::new(MINUTE, HOUR);
    let entry = it.cache.fill(it.key, &SCOPE, answer("a"), it.clock.now()).unwrap();
    assert_eq!((entry.served_by.provider.as_str(), entry.served_by.model.as_str()), ("p", "m"));
    assert_eq!((entry.tier.as_str(), entry.stored_at), ("primary", it.clock.now()));
}

#[test]
fn a_purge_takes_what_it_covers_and_nothing_else() {
    let stores: [Arc<dyn Store>; 2] =
        [Arc::new(MapStore::new(1 << 20)), Arc::new(MokaStore::new(1 << 20, HOUR))];
    for store in stores {
        let cache = Cache::new(store, CacheConfig::default()).unwrap();
        let request = ChatRequest::user("hi");
        let scopes = [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]
            .map(|(tenant, chain)| Scope { tenant, chain });
        let fill = || {
            for scope in &scopes {
                let key = Key::of(scope, &request);
                cache.fill(key, scope, answer("hi"), Tick::ZERO).unwrap();
            }
        };
        let left = || {
            let here = |scope: &&Scope<'_>| {
                !matches!(cache.lookup(&Key::of(scope, &request), Tick::ZERO), Lookup::Miss)
            };
            let name = |scope: &Scope<'_>| format!("{}{}", scope.tenant, scope.chain);
            scopes.iter().filter(here).map(name).collect::<Vec<_>>().join(" ")
        };
        for (purge, expected) in [
            (Purge::tenant("a"), "bx by"),
            (Purge::chain("x"), "ay by"),
            (Purge::scope(&scopes[2]), "ax ay by"),
            (Purge::tenant("c"), "ax ay bx by"),
            (Purge::all(), ""),
        ] {
            fill();
            cache.purge(&purge);
            assert_eq!(left(), expected, "{purge:?} of {cache:?}");
        }
        fill();
        cache.purge_all();
        assert_eq!(left(), "");
    }
}

#[test]
fn settings_that_make_no_sense_are_named_with_their_rule() {
    let month = Duration::from_secs(30 * 86_400);
    let fault = |config: CacheConfig| Cache::in_memory(config).map(drop).map_err(|e| e.field());
    assert_eq!(fault(CacheConfig::default()), Ok(()));
    assert_eq!(fault(CacheConfig::default().with_fresh_for(month)), Ok(()));
    assert_eq!(fault(CacheConfig::default().with_fresh_for(month + NANO)), Err("fresh_for"));
    assert_eq!(fault(CacheConfig::default().with_stale_for(Duration::MAX)), Err("stale_for"));
    assert_eq!(fault(CacheConfig::default().with_capacity(0)), Err("capacity"));
    let error = Cache::in_memory(CacheConfig::default().with_capacity(0)).unwrap_err();
    assert!(error.to_string().contains("`capacity` must be above 0 bytes"), "{error}");
}
