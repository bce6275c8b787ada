//! The loop that asks each target once, beside the chain, on the same luck.

use ft_simulate::report::RunReport;
use ft_simulate::{Options, Scenario, simulate};

fn played(text: &str) -> Vec<RunReport> {
    let scenario = Scenario::from_toml(text, "s.toml").unwrap();
    simulate(&scenario, &Options::default(), |_, _| {}).unwrap().runs
}

const WORLD: &str = "requests = 4000\n[traffic]\narrivals = \"poisson\"\nrate = \"2/s\"\n\
    [providers.p.models.a]\nlatency = \"50ms\"\nfaults = { server_error = 0.3 }\n\
    price = { input = \"$1\", output = \"$1\" }\n\
    [providers.q.models.\"m/b\"]\nlatency = \"50ms\"\nfaults = { server_error = 0.3 }\n\
    price = { input = \"$1\", output = \"$1\" }\n\
    [[runs]]\nname = \"alone\"\nalone = { provider = \"p\", model = \"a\" }\n\
    [[runs]]\nname = \"loop\"\nnaive = [\"p/a\", \"q/m/b\"]\n";

#[test]
fn a_naive_loop_asks_each_target_once_and_in_order() {
    let [alone, naive] = &played(WORLD)[..] else { panic!("two runs") };
    let [first, second] = &naive.live[..] else { panic!("two targets") };
    assert_eq!((first.name.as_str(), second.name.as_str()), ("p/a", "q/m/b"));
    // The same luck: what fails alone is what the loop asks the second for.
    assert_eq!(first.requests, alone.answered);
    assert_eq!(naive.targets[1].attempts, naive.requests - alone.answered);
    let success = naive.success.unwrap();
    assert!((success - 0.91).abs() < 0.014, "{success}");
    assert_eq!(
        naive.upstream.calls,
        naive.targets.iter().map(|target| target.attempts).sum::<u64>()
    );
    let errors: u64 = naive.errors.values().sum::<u64>();
    assert_eq!(naive.answered + errors, naive.requests);
    assert!(naive.cost.total_usd.is_some());
}

#[test]
fn a_targets_luck_does_not_depend_on_how_often_others_were_asked() {
    // The other way round, and with a target before it that always fails.
    let swapped = WORLD.replace("[\"p/a\", \"q/m/b\"]", "[\"q/m/b\", \"p/a\"]");
    let dead = WORLD.replace("server_error = 0.3 }", "server_error = 1.0 }").replacen(
        "server_error = 1.0 }",
        "server_error = 0.3 }",
        1,
    );
    let (straight, swapped, dead) = (played(WORLD), played(&swapped), played(&dead));
    assert_eq!(straight[1].answered, swapped[1].answered);
    assert_eq!(straight[0].answered, dead[0].answered);
    assert_eq!(straight[1].live[0].requests, dead[1].live[0].requests);
    assert_eq!(dead[1].live[1].requests, 0);
}

#[test]
fn a_stream_whose_words_have_reached_the_caller_is_not_asked_for_again() {
    let text = "requests = 300\n[traffic]\nstreamed = 1.0\nanswer_tokens = 50\n\
        [providers.p.models.a]\nfaults = { cut = 1.0 }\n[providers.q.models.b]\n\
        [[runs]]\nname = \"loop\"\nnaive = [\"p/a\", \"q/b\"]\n";
    let naive = &played(text)[0];
    // One in fifty is cut before its first word.
    assert!(naive.answered < 25 && naive.answered == naive.live[1].requests, "{}", naive.answered);
    assert_eq!(naive.errors.get("interrupted"), Some(&(300 - naive.answered)));
}

#[test]
fn what_a_caller_did_not_wait_for_is_counted_as_attempts_all_the_same() {
    let text = "requests = 500\n[traffic]\npatience = { mean = \"100ms\", p99 = \"300ms\" }\n\
        [providers.p.models.a]\nlatency = \"40ms\"\nfaults = { server_error = 0.5 }\n\
        [providers.q.models.b]\nlatency = \"80ms\"\n\
        [[runs]]\nname = \"loop\"\nnaive = [\"p/a\", \"q/b\"]\ntime_limit = \"1s\"\n";
    let naive = &played(text)[0];
    assert!(naive.left > 50, "{}", naive.left);
    assert_eq!(
        naive.upstream.calls,
        naive.targets.iter().map(|target| target.attempts).sum::<u64>()
    );
    assert_eq!(
        naive.upstream.calls,
        naive.timeline.slices.iter().map(|slice| slice.attempts).sum::<u64>()
    );
}
