//! Vectors: of one model, from whichever provider has it.

use ft_client::config::{ChainConfig, ProviderConfig, TargetConfig, TierConfig};
use ft_sim::{Reply, Scripts, Upstream};
use serde_json::{Value, json};

use crate::stand::{Stand, header};

fn tier(provider: &str, model: &str) -> TierConfig {
    TierConfig::new(format!("{provider}-{model}"), [TargetConfig::new(provider, model)])
}

#[tokio::test]
async fn another_provider_of_the_same_model_stands_in_and_another_model_never() {
    let scripts = Scripts::new().model("vectors", Reply::down()).model("others", Reply::ok());
    let second = Upstream::start(Scripts::new().model("vectors", Reply::ok())).unwrap();
    let stand = Stand::with(scripts, |config| {
        let provider = ProviderConfig::new(second.base_url()).with_key("sk-second-0123456789abcd");
        config.providers.insert("second".to_owned(), provider);
        let tiers = [tier("sim", "vectors"), tier("sim", "others"), tier("second", "vectors")];
        config.chains.insert("default".to_owned(), ChainConfig::new(tiers));
    })
    .await;
    let body = json!({"model": "default", "input": ["one", "two"], "dimensions": 8});
    let response = stand.post("/v1/embeddings", &body).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "x-ft-served-by"), "second/vectors");
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["data"].as_array().unwrap().len(), 2);
    assert_eq!(stand.upstream.log().count("others"), 0);
}

#[tokio::test]
async fn a_body_without_input_is_refused() {
    let stand = Stand::of(Scripts::new().model("vectors", Reply::ok()), &["vectors"]).await;
    let response = stand.post("/v1/embeddings", &json!({"model": "default"})).await;
    assert_eq!(response.status(), 400);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["error"]["code"], "invalid_body");
}
