//! One seed, one result.

use ft_simulate::{Options, Scenario, simulate};

use crate::{played, scenario};

#[test]
fn the_same_seed_gives_the_same_document_to_the_last_byte() {
    // Bursts, limits, streams, gates, breakers and money all take part in one of these.
    for (name, requests) in [("rate-limit-storm", 1_000), ("month", 1_000), ("seed", 500)] {
        let first = played(name, requests).to_json();
        assert_eq!(first, played(name, requests).to_json(), "{name}");
    }
}

#[test]
fn another_seed_gives_another_result() {
    let mut options = Options { requests: Some(500), ..Options::default() };
    let scenario = scenario("seed");
    let first = simulate(&scenario, &options, |_, _| {}).unwrap();
    options.seed = Some(43);
    let second = simulate(&scenario, &options, |_, _| {}).unwrap();
    assert_ne!(first.to_json(), second.to_json());
    assert_eq!(second.seed, 43);
}

/// Compared with a file that was written on another day: a result that depends on the machine, the day or the order of
/// a hash map would differ from it. Its models are none that `ft-context` can count exactly: where that feature is on,
/// reservations are other ones, and so are decisions. To write it again after a change that is meant to change results:
/// `UPDATE_SNAPSHOTS=1 cargo test -p ft-simulate`.
#[test]
fn a_result_is_the_one_of_another_day_and_machine() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/snapshot.json");
    let text = include_str!("snapshot.toml");
    let scenario = Scenario::from_toml(text, "snapshot.toml").unwrap();
    let now = simulate(&scenario, &Options::default(), |_, _| {}).unwrap().to_json() + "\n";
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let then = std::fs::read_to_string(path).unwrap();
    let differs = then.lines().zip(now.lines()).find(|(then, now)| then != now);
    assert_eq!(differs, None, "the first line that differs");
    assert_eq!(then.len(), now.len());
}
