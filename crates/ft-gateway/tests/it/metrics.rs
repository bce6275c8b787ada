//! What the gateway counts, and that operators are told of it.

use std::collections::BTreeSet;

use ft_sim::{Reply, Scripts};

use crate::stand::{Stand, question};

/// The families of an exposition text.
fn families(text: &str) -> BTreeSet<&str> {
    text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect()
}

#[tokio::test]
async fn requests_are_counted_by_route_and_status_and_so_are_the_sdks_retries() {
    let stand = Stand::of(Scripts::new().model("m", Reply::text("Hi.")), &["m"]).await;
    stand.chat(&question("default")).await;
    stand.chat(&question("nobody")).await;
    let again = stand.http.post(stand.url("/v1/chat/completions")).json(&question("default"));
    again.header("x-stainless-retry-count", "2").send().await.unwrap();
    let text = stand.http.get(stand.url("/metrics")).send().await.unwrap().text().await.unwrap();
    for line in [
        "ai_api_http_requests_total{route=\"chat\",status=\"200\"} 2",
        "ai_api_http_requests_total{route=\"chat\",status=\"404\"} 1",
        "ai_api_http_in_flight 0",
        "ai_api_client_retries_total 1",
        "ai_api_log_lines_dropped_total 0",
        "ft_accept_failing 0",
    ] {
        assert!(text.lines().any(|each| each == line), "no `{line}` in\n{text}");
    }
    let open = text.lines().find_map(|line| line.strip_prefix("ft_connections ")).unwrap();
    assert!(open.parse::<u32>().unwrap() > 0, "the one that asks is open: {open}");
}

#[tokio::test]
async fn every_family_stands_in_the_table_for_operators() {
    let stand = Stand::of(Scripts::new().model("m", Reply::text("Hi.")), &["m"]).await;
    let text = stand.http.get(stand.url("/metrics")).send().await.unwrap().text().await.unwrap();
    let page = include_str!("../../../../docs/operations.md");
    let unknown: Vec<_> = families(&text)
        .into_iter()
        .filter(|name| !page.contains(&format!("| `{name}` |")))
        .collect();
    assert_eq!(unknown, Vec::<&str>::new());
}
