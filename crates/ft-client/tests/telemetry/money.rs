//! Money adds up to the last pico-dollar.

use ft_core::{ChatRequest, Usage};
use ft_cost::Pico;
use ft_sim::{Reply, Script, Scripts};
use futures_util::StreamExt;

use crate::scene::{FIRST, SECOND, Scene, scene, scene_with, secs};

/// The sum of the money series, read as decimals and not as floats.
fn told(scene: &Scene) -> Pico {
    let scrape = scene.scrape();
    let series = scrape.samples.iter().filter(|sample| sample.family == "ai_api_cost_usd_total");
    series
        .map(|sample| sample.value.parse::<Pico>().unwrap())
        .fold(Pico::ZERO, Pico::saturating_add)
}

#[tokio::test(start_paused = true)]
async fn the_series_add_up_to_what_the_answers_say_failed_attempts_too() {
    let odd = |input, output| Reply::ok().usage(Usage::new(input, output));
    let scripts = Scripts::new()
        .model(
            FIRST,
            Script::sequence([
                odd(1, 1),
                odd(999_999, 7),
                Reply::ok().hang(),
                Reply::ok().without_usage(),
                Reply::down(),
            ])
            .then(odd(3, 3)),
        )
        .otherwise(odd(13, 17));
    let scene =
        scene_with(scripts, |target| target.with_attempt_timeout(secs(5)), |builder| builder);
    let mut sum = Pico::ZERO;
    for _ in 0..8 {
        let answer = scene.client.generate("how much is it?").await.unwrap();
        sum = sum.saturating_add(answer.report.cost.unwrap());
    }
    assert!(sum > Pico::ZERO);
    assert_eq!(told(&scene), sum);
    // 2.00 and 8.00 dollars a million: the smallest of these answers cost ten millionths.
    let text = scene.text();
    assert!(text.contains("ai_api_cost_usd_total{provider=\"sim\",model=\"gpt-4.1\"} "), "{text}");
}

#[tokio::test(start_paused = true)]
async fn one_token_is_not_rounded_away() {
    let usage = Usage::new(0, 1);
    let scripts = Scripts::new().model(FIRST, Reply::ok().usage(usage)).otherwise(Reply::ok());
    let scene = scene(scripts);
    scene.client.generate("hi").await.unwrap();
    let line = "ai_api_cost_usd_total{provider=\"sim\",model=\"gpt-4.1\"} 0.000008\n";
    assert!(scene.text().contains(line), "{}", scene.text());
    let line = "ai_api_cost_usd_total{provider=\"sim\",model=\"claude-sonnet-4.5\"} 0.00\n";
    assert!(scene.text().contains(line), "{}", scene.text());
}

#[tokio::test(start_paused = true)]
async fn what_a_leaving_caller_cost_is_in_the_sum() {
    let scripts = Scripts::new().model(FIRST, Reply::ok().hang()).otherwise(Reply::ok());
    let scene = scene(scripts);
    let left = tokio::time::timeout(secs(1), scene.client.generate("a question")).await;
    assert!(left.is_err());
    assert!(told(&scene) > Pico::ZERO, "the provider may bill it");

    let before = told(&scene);
    let scripts = Scripts::new().otherwise(Reply::text("one two three four").per_chunk(secs(1)));
    let streamed = self::scene(scripts);
    let mut stream = streamed.client.chat_stream(ChatRequest::user("count")).await.unwrap();
    stream.next().await.unwrap().unwrap();
    drop(stream);
    assert!(told(&streamed) > Pico::ZERO);
    assert_eq!(told(&scene), before, "two clients have two purses");
    let scrape = streamed.scrape();
    assert_eq!(
        scrape.count("ai_api_attempts_total", &[("model", FIRST), ("outcome", "cancelled")]),
        1
    );
    assert_eq!(scrape.count("ai_api_requests_total", &[("status", "cancelled")]), 1);
    assert_eq!(scrape.count("ai_api_attempts_total", &[("model", SECOND)]), 0);
}
