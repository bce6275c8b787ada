//! Vectors: failover among targets of one model, and never to another.

use ft_client::config::{SpendSettings, TargetConfig};
use ft_client::cost::{Catalogue, Pico};
use ft_client::{CacheStatus, CallOptions, Embedded, Error, FailKind};
use ft_core::ErrorKind;
use ft_core::chat::EmbeddingRequest;
use ft_sim::{Reply, Script, Scripts};
use serde_json::json;

use crate::trial::{Setup, Trial, secs, setup, then_well, trail};

const MODEL: &str = "vectors";

/// `sim` and `other` have the model, and between them `sim` has another one.
fn two(first: impl Into<Script>) -> Setup {
    let scripts = Scripts::new().model(MODEL, first).otherwise(Reply::ok());
    setup("vectors | words | other/vectors", scripts)
        .provider("other", Scripts::from(Reply::ok()))
        .builder(|builder| builder.emergency("sorry"))
}

fn request() -> EmbeddingRequest {
    EmbeddingRequest { input: json!(["one text", "another"]), ..EmbeddingRequest::default() }
}

async fn embed(trial: &Trial) -> Result<Embedded, Error> {
    trial.client.embed(request()).await
}

/// One dollar per million tokens in.
fn prices() -> Catalogue {
    let mut catalogue = Catalogue::builtin();
    let row = r#"
        [[models]]
        profile = "sim"
        model = "vectors"
        context_window = 8_192
        quality = 0.5
        quality_basis = "a test"
        capabilities = []
        source = "a test"
        as_of = "2026-01-01"
        [[models.prices]]
        input = "1.00"
        output = "1.00"
    "#;
    catalogue.extend_toml(row).unwrap();
    catalogue
}

fn priced(scripts: Scripts, limit: &str) -> Setup {
    let limit = limit.parse().unwrap();
    setup(MODEL, scripts)
        .builder(|builder| builder.catalogue(prices()))
        .config(move |config| config.spend = Some(SpendSettings::per_day(limit)))
}

#[tokio::test(start_paused = true)]
async fn there_is_a_vector_for_each_text_and_a_report() {
    let trial = two(Reply::ok()).build();
    let Embedded { response, report } = embed(&trial).await.unwrap();
    assert_eq!(response.data.len(), 2);
    assert_eq!(trail(&report), ["vectors answered"]);
    assert_eq!((report.tier.name(), report.fallback_level), ("tier-0", 0));
    assert_eq!(report.cache, CacheStatus::Bypass);
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_failure_goes_on_to_the_other_provider_of_the_same_model() {
    for reply in [Reply::status(500), Reply::throttled(secs(60)), Reply::status(401)] {
        let trial = two(reply).build();
        let report = embed(&trial).await.unwrap().report;
        let served = report.served_by.unwrap();
        assert_eq!((served.provider.as_str(), served.model.as_str()), ("other", MODEL));
        assert_eq!((report.tier.name(), report.fallback_level), ("tier-2", 1));
        assert_eq!(trial.log.count("words"), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn no_other_model_and_no_text_stands_in() {
    let scripts = Scripts::new().model(MODEL, Reply::status(500)).otherwise(Reply::ok());
    let trial =
        setup("vectors | words", scripts).builder(|builder| builder.emergency("sorry")).build();
    let error = embed(&trial).await.unwrap_err();
    assert_eq!(error.kind(), FailKind::Exhausted);
    assert_eq!(error.cause().map(ft_core::ProviderError::kind), Some(ErrorKind::ServerError));
    assert_eq!(trial.log.count("words"), 0);
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn the_model_stays_the_chains_first_when_that_is_ill() {
    let scripts = Scripts::new().model(MODEL, Reply::status(500)).otherwise(Reply::ok());
    let trial = setup("vectors words", scripts).build();
    while trial.breaker(MODEL) != "open" {
        embed(&trial).await.unwrap_err();
    }
    let error = embed(&trial).await.unwrap_err();
    // Nobody else may be asked, so it is, although its breaker is open.
    let trail = trail(error.report().unwrap());
    assert_eq!(trail[..2], ["vectors skipped breaker", "vectors server_error"]);
    assert!(error.retry_after().is_some());
    assert_eq!(trial.log.count("words"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_named_target_gives_its_own_vectors() {
    let trial = two(Reply::ok()).build();
    let options = CallOptions::new().with_target("sim", "words");
    let embedded = trial.client.embed_with(request(), options).await.unwrap();
    assert_eq!(trail(&embedded.report), ["words answered"]);
}

#[tokio::test(start_paused = true)]
async fn too_few_vectors_are_no_answer() {
    let short = json!({"object": "list", "model": "vectors", "data": [
        {"object": "embedding", "index": 0, "embedding": [0.5]}
    ]});
    let trial = two(Reply::ok().body(short)).build();
    let report = embed(&trial).await.unwrap().report;
    assert_eq!(trail(&report), ["vectors garbled", "vectors answered"]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_provider_is_given_up_after_its_own_time() {
    let trial = two(Reply::ok().hang())
        .targets(|target: &mut TargetConfig| target.attempt_timeout = secs(3))
        .build();
    let report = embed(&trial).await.unwrap().report;
    assert_eq!(trail(&report), ["vectors attempt_timeout", "vectors answered"]);
    assert_eq!(report.latency, secs(3));
}

#[tokio::test(start_paused = true)]
async fn vectors_cost_what_their_usage_says() {
    let trial = priced(Scripts::from(Reply::ok()), "$1").build();
    let Embedded { response, report } = embed(&trial).await.unwrap();
    let tokens = response.usage.unwrap().prompt_tokens;
    assert!(tokens > 0);
    let cost = Pico::from_pico(u128::from(tokens) * 1_000_000);
    assert_eq!((report.cost, report.cost_is_estimate), (Some(cost), false));
    let left = "$1".parse::<Pico>().unwrap().checked_sub(cost);
    assert_eq!(trial.client.budget_left(), left);
}

#[tokio::test(start_paused = true)]
async fn vectors_without_usage_are_estimated_and_say_so() {
    let trial = priced(Scripts::from(Reply::ok().without_usage()), "$1").build();
    let report = embed(&trial).await.unwrap().report;
    assert!(report.cost_is_estimate);
    assert!(report.cost.is_some_and(|cost| !cost.is_zero()));
}

#[tokio::test(start_paused = true)]
async fn vectors_that_cannot_be_paid_are_not_asked_for() {
    let trial = priced(Scripts::from(Reply::ok()), "$0.000001").build();
    let error = embed(&trial).await.unwrap_err();
    assert_eq!(error.kind(), FailKind::Spend);
    assert_eq!(trial.log.total(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_empty_input_is_refused_before_anybody_is_asked() {
    let trial = two(Reply::ok()).build();
    let request = EmbeddingRequest { input: json!([]), ..EmbeddingRequest::default() };
    let error = trial.client.embed(request).await.unwrap_err();
    assert_eq!(error.kind(), FailKind::Invalid);
    assert_eq!(trial.log.total(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_holds_nothing_back() {
    let trial = priced(Scripts::from(then_well([Reply::ok().hang()])), "$1").build();
    assert!(tokio::time::timeout(secs(1), embed(&trial)).await.is_err());
    trial.assert_idle();
    assert!(trial.client.budget_left() < Some("$1".parse().unwrap()), "it may be billed");
    assert_eq!(trial.breaker(MODEL), "closed");
}

#[tokio::test(start_paused = true)]
async fn too_long_a_text_is_not_cut_but_asked_elsewhere() {
    let long = Reply::error(400, "context_length_exceeded", "too long");
    let trial = two(long).build();
    let report = embed(&trial).await.unwrap().report;
    assert_eq!(
        trail(&report),
        ["vectors context_length", "vectors skipped too_long", "vectors answered"]
    );
}
