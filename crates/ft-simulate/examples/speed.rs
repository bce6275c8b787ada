//! How many requests are simulated in a second: `cargo run --release -p ft-simulate --example speed [NAME] [N]`.

#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use ft_core::{Clock, SystemClock};
use ft_simulate::{Options, Scenario, shipped, simulate};

fn main() {
    let mut args = std::env::args().skip(1);
    let name = args.next().unwrap_or_else(|| "month".to_owned());
    let requests = args.next().map_or(1_000_000, |text| text.parse().expect("a number"));
    let found = shipped().iter().find(|scenario| scenario.name == name).expect("a scenario");
    let scenario = Scenario::from_toml(found.text, found.name).expect("it was tested");
    let options = Options { requests: Some(requests), ..Options::default() };
    let clock = SystemClock::new();
    let began = clock.now();
    let report = simulate(&scenario, &options, |_, _| {}).expect("it was tested");
    let took = clock.now().since(began).as_secs_f64();
    let sent: u64 = report.runs.iter().map(|run| run.requests).sum();
    println!("{name}: {sent} requests in {took:.2} s, {:.0} a second", sent as f64 / took);
}
