//! What requests and attempts are counted as.

use ft_client::config::CacheSettings;
use ft_core::{ChatRequest, Usage};
use ft_sim::{Reply, Script, Scripts};

use crate::scene::{FIRST, SECOND, scene, scene_with, secs};

#[tokio::test(start_paused = true)]
async fn an_answer_is_one_success_of_the_target_that_gave_it() {
    let scene = scene(Scripts::new().model(FIRST, Reply::down()).otherwise(Reply::ok()));
    scene.client.generate("hi").await.unwrap();
    let scrape = scene.scrape();
    assert_eq!(
        scrape.count("ai_api_requests_total", &[("model", SECOND), ("status", "success")]),
        1
    );
    assert_eq!(scrape.count("ai_api_requests_total", &[]), 1, "requests are counted, not attempts");
    assert_eq!(
        scrape.count("ai_api_attempts_total", &[("model", FIRST), ("outcome", "overloaded")]),
        1
    );
    assert_eq!(
        scrape.count("ai_api_attempts_total", &[("model", SECOND), ("outcome", "answered")]),
        1
    );
    assert_eq!(scrape.count("ai_api_attempts_total", &[]), 2);
    assert_eq!(scrape.count("ai_api_fallback_rate", &[]), 1);
    let step = [("chain", "default"), ("from", "primary"), ("to", "degraded"), ("reason", "error")];
    assert_eq!(scrape.count("ai_api_fallbacks_total", &step), 1);
    assert_eq!(scrape.count("ai_api_fallbacks_total", &[]), 1);
    assert_eq!(scrape.count("ai_api_answers_total", &[("tier", "degraded")]), 1);
}

#[tokio::test(start_paused = true)]
async fn each_end_has_its_status() {
    let cases = [
        (Reply::down(), "error"),
        (Reply::throttled(secs(300)), "rate_limited"),
        (Reply::ok().hang(), "timeout"),
        (Reply::status(401), "error"),
        (Reply::error(400, "invalid_value", "no such role"), "rejected"),
    ];
    for (reply, status) in cases {
        let scripts = Scripts::new().otherwise(reply);
        let short = |target: ft_client::config::TargetConfig| target.with_attempt_timeout(secs(5));
        let scene = scene_with(scripts, short, |builder| builder);
        scene.client.generate("hi").await.unwrap_err();
        let scrape = scene.scrape();
        let labels = [("provider", "sim"), ("model", FIRST), ("status", status)];
        assert_eq!(scrape.count("ai_api_requests_total", &labels), 1, "{status}");
        assert_eq!(scrape.count("ai_api_requests_total", &[]), 1, "{status}");
        assert_eq!(scrape.count("ai_api_answers_total", &[("tier", "none")]), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_emergency_answer_is_no_success() {
    let scripts = Scripts::new().otherwise(Reply::throttled(secs(300)));
    let scene = scene_with(scripts, |target| target, |builder| builder.emergency("later"));
    let answer = scene.client.generate("hi").await.unwrap();
    assert!(answer.is_emergency());
    let scrape = scene.scrape();
    let labels = [("model", FIRST), ("status", "rate_limited")];
    assert_eq!(scrape.count("ai_api_requests_total", &labels), 1);
    assert_eq!(scrape.count("ai_api_requests_total", &[("status", "success")]), 0);
    assert_eq!(scrape.count("ai_api_answers_total", &[("tier", "emergency")]), 1);
    assert_eq!(scrape.count("ai_api_fallback_rate", &[]), 3);
    let step = [("from", "degraded"), ("to", "emergency"), ("reason", "rate_limited")];
    assert_eq!(scrape.count("ai_api_fallbacks_total", &step), 1);
}

#[tokio::test(start_paused = true)]
async fn steps_down_are_those_that_were_made_however_often_a_request_looks_again() {
    let scripts =
        Scripts::new().model(FIRST, Reply::status(404)).otherwise(Reply::throttled(secs(1)));
    let patient = |builder: ft_client::ClientBuilder| builder.emergency("later").patience(secs(5));
    let scene = scene_with(scripts, |target| target, patient);
    let mut looks = 0;
    for _ in 0..3 {
        let answer = scene.client.generate("hi").await.unwrap();
        assert!(answer.is_emergency());
        looks += answer.report.attempts.iter().map(|attempt| attempt.times).sum::<u32>();
    }
    assert!(looks > 6, "they waited and looked again: {looks}");
    let scrape = scene.scrape();
    assert_eq!(scrape.count("ai_api_fallbacks_total", &[]), 6, "two steps a request");
    let up = [("from", "degraded"), ("to", "primary")];
    assert_eq!(scrape.count("ai_api_fallbacks_total", &up), 0);
}

#[tokio::test(start_paused = true)]
async fn cached_answers_do_not_flatter_the_models_times() {
    let cache = CacheSettings { fresh_for: secs(60), ..CacheSettings::default() };
    let scripts = Scripts::new().otherwise(Reply::ok().latency(secs(3)));
    let scene = scene_with(scripts, |target| target, |builder| builder.cache(cache));
    for _ in 0..3 {
        scene.client.generate("the same").await.unwrap();
    }
    let scrape = scene.scrape();
    let cached = [("provider", "cache"), ("model", "cache")];
    assert_eq!(
        scrape.count("ai_api_requests_total", &[("model", FIRST), ("status", "success")]),
        1
    );
    assert_eq!(scrape.count("ai_api_requests_total", &cached), 2);
    assert_eq!(scrape.count("ai_api_latency_seconds_count", &[("model", FIRST)]), 1);
    assert_eq!(scrape.count("ai_api_latency_seconds_sum", &[("model", FIRST)]), 3);
    assert_eq!(scrape.count("ai_api_cache_results_total", &[("result", "hit")]), 2);
    assert_eq!(scrape.count("ai_api_cache_results_total", &[("result", "miss")]), 1);
    assert_eq!(scrape.count("ai_api_answers_total", &[("tier", "cache")]), 2);
    assert_eq!(scrape.count("ai_api_fallbacks_total", &[]), 0, "a hit is no fallback");
}

#[tokio::test(start_paused = true)]
async fn own_overhead_has_neither_upstream_time_nor_back_off_in_it() {
    let slow = Reply::ok().latency(secs(7));
    let scripts = Scripts::new()
        .model(FIRST, Script::sequence([Reply::down().latency(secs(2))]).then(slow.clone()))
        .otherwise(Reply::down().latency(secs(1)));
    let scene = scene(scripts);
    let answer = scene.client.generate("hi").await.unwrap();
    assert!(answer.report.latency > secs(10), "two failures, a back-off, an answer");
    // Time stands still here while this layer works, so whatever is left is not its own.
    let scrape = scene.scrape();
    assert_eq!(scrape.count("ai_api_overhead_seconds_count", &[]), 1);
    assert_eq!(scrape.count("ai_api_overhead_seconds_sum", &[]), 0);

    let scripts = Scripts::new().otherwise(Reply::text("one two three").per_chunk(secs(1)));
    let streamed = self::scene(scripts);
    let request = ChatRequest::user("count");
    let answer = streamed.client.chat_stream(request).await.unwrap().collect().await.unwrap();
    assert!(answer.report.latency > secs(1));
    let scrape = streamed.scrape();
    assert_eq!(scrape.count("ai_api_overhead_seconds_count", &[]), 1);
    assert_eq!(scrape.count("ai_api_overhead_seconds_sum", &[]), 0);
}

#[tokio::test(start_paused = true)]
async fn tokens_are_counted_by_type_and_first_tokens_timed() {
    let mut usage = Usage::new(100, 50);
    usage.prompt_tokens_details = Some(ft_core::chat::PromptDetails {
        cached_tokens: 40,
        cache_write_tokens: 10,
        ..Default::default()
    });
    usage.completion_tokens_details =
        Some(ft_core::chat::CompletionDetails { reasoning_tokens: 20, ..Default::default() });
    let reply = Reply::text("well then").usage(usage).first_token(secs(2));
    let scene = scene(Scripts::new().otherwise(reply));
    scene.client.chat_stream(ChatRequest::user("hi")).await.unwrap().collect().await.unwrap();
    let scrape = scene.scrape();
    for (kind, tokens) in
        [("input", 100), ("output", 50), ("cached", 40), ("cache_write", 10), ("reasoning", 20)]
    {
        assert_eq!(
            scrape.count("ai_api_tokens_total", &[("model", FIRST), ("type", kind)]),
            tokens,
            "{kind}"
        );
    }
    let first = "ai_api_time_to_first_token_seconds";
    assert_eq!(scrape.count(&format!("{first}_sum"), &[("model", FIRST)]), 2);
    assert_eq!(scrape.count(&format!("{first}_bucket"), &[("model", FIRST), ("le", "1")]), 0);
    assert_eq!(scrape.count(&format!("{first}_bucket"), &[("model", FIRST), ("le", "2.5")]), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_off_is_counted_for_its_target() {
    let scripts = Scripts::new()
        .model(FIRST, Reply::down())
        .otherwise(Reply::text("one two three four").cut_after(2));
    let scene = scene(scripts);
    let stream = scene.client.chat_stream(ChatRequest::user("hi")).await.unwrap();
    stream.collect().await.unwrap_err();
    let scrape = scene.scrape();
    assert_eq!(scrape.count("ai_api_stream_truncated_total", &[("model", SECOND)]), 1);
    assert_eq!(scrape.count("ai_api_stream_truncated_total", &[]), 1);
    assert_eq!(scrape.count("ai_api_requests_total", &[("model", SECOND), ("status", "error")]), 1);
}

#[tokio::test(start_paused = true)]
async fn shortened_requests_and_unknown_prices_are_counted() {
    let narrow = |mut target: ft_client::config::TargetConfig| {
        target.context_window = Some(2_000);
        target
    };
    let scene = scene_with(Scripts::new().otherwise(Reply::ok()), narrow, |builder| builder);
    let mut request = ChatRequest::user("first ".repeat(3_000));
    request.messages.push(ft_core::Message::assistant("so it is"));
    request.messages.push(ft_core::Message::user("and last?"));
    let answer = scene.client.chat(request).await.unwrap();
    assert!(answer.report.fit.unwrap().dropped_messages > 0);
    let scrape = scene.scrape();
    assert_eq!(
        scrape.count("ai_api_truncations_total", &[("model", FIRST), ("part", "messages")]),
        1
    );
    assert_eq!(scrape.count("ai_api_unpriced_total", &[]), 0);

    let unpriced = scene_with(
        Scripts::new().otherwise(Reply::ok()),
        |mut target| {
            target.model.push_str("-nobody-sells-it");
            target
        },
        |builder| builder,
    );
    let answer = unpriced.client.generate("hi").await.unwrap();
    assert_eq!(answer.report.cost, None);
    assert_eq!(unpriced.scrape().count("ai_api_unpriced_total", &[]), 1);
}
