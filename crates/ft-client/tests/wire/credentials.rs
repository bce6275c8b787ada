//! Several keys of one provider: the next one is used when one is out or throttled, and stays in use.

use ft_core::decide::As;
use ft_sim::{Reply, Script, Scripts};

use crate::world::{WAYS, WELL, Way, World, key, secs, setup, trail};

/// Key 1 gets this reply, every other key an answer.
fn key_one_gets(reply: Reply) -> Scripts {
    let script = Script::from_fn(move |seen| match seen.credential.starts_with("key1") {
        true => reply.clone(),
        false => Reply::text(WELL),
    });
    Scripts::new().model("a", script).otherwise(Reply::text("b was asked"))
}

fn world(way: Way, keys: &[&str], scripts: Scripts) -> World {
    setup(way, "one/a | two/b", scripts)
        .provider("one", |provider| provider.keys = keys.iter().map(|name| key(name)).collect())
        .trip_at_once()
        .build()
}

#[tokio::test]
async fn the_second_key_takes_over_at_once_and_stays() {
    for (reply, kind) in [
        (Reply::status(401), "auth"),
        (Reply::status(402), "quota_exhausted"),
        (Reply::error(429, "insufficient_quota", "Check your billing."), "quota_exhausted"),
        (Reply::throttled(secs(60)), "rate_limited"),
        (Reply::status(429).header("retry-after", "60"), "rate_limited"),
    ] {
        for way in WAYS {
            let world = world(way, &["key1", "key2"], key_one_gets(reply.clone()));
            let answer = world.ask().await.unwrap();
            assert_eq!(answer.text(), WELL);
            assert_eq!(trail(&answer.report), [&format!("a {kind}"), "a answered"], "{way:?}");
            assert_eq!(answer.report.attempts[1].manner, As::Credential);
            assert_eq!(answer.report.fallback_level, 0);
            assert_eq!(world.keys(), ["key1", "key2"]);

            let answer = world.ask().await.unwrap();
            assert_eq!(trail(&answer.report), ["a answered"]);
            assert_eq!(world.keys(), ["key1", "key2", "key2"]);
            assert_eq!(world.health("a").breaker, "closed");
            world.settled().await;
        }
    }
}

#[tokio::test]
async fn the_next_target_follows_when_every_key_is_refused() {
    for (reply, kind, skipped) in [
        (Reply::status(401), "auth", "a skipped out"),
        (Reply::throttled(secs(60)), "rate_limited", "a skipped gate"),
    ] {
        for way in WAYS {
            let scripts =
                Scripts::new().model("a", reply.clone()).otherwise(Reply::text("b was asked"));
            let world = world(way, &["key1", "key2", "key3"], scripts);
            let answer = world.ask().await.unwrap();
            let failed = format!("a {kind}");
            let expected = [failed.as_str(), &failed, &failed, "b answered"];
            assert_eq!(trail(&answer.report), expected, "{way:?}");
            assert_eq!(world.keys(), ["key1", "key2", "key3", "two-"]);
            let answer = world.ask().await.unwrap();
            assert_eq!(trail(&answer.report), [skipped, "b answered"]);
            world.settled().await;
        }
    }
}

#[tokio::test]
async fn no_other_key_is_tried_for_what_no_key_can_help() {
    for reply in [Reply::status(500), Reply::status(404)] {
        for way in WAYS {
            let scripts =
                Scripts::new().model("a", reply.clone()).otherwise(Reply::text("b was asked"));
            let world = world(way, &["key1", "key2"], scripts);
            assert_eq!(world.ask().await.unwrap().text(), "b was asked");
            assert_eq!(world.keys(), ["key1", "two-"]);
        }
    }
}

#[tokio::test]
async fn no_key_stands_in_what_can_be_printed() {
    for way in WAYS {
        let quoted = format!("Incorrect API key provided: {}.", key("key1"));
        let reply = Reply::error(401, "invalid_api_key", &quoted);
        let world = setup(way, "one/a", Scripts::new().otherwise(reply))
            .provider("one", |provider| provider.keys = vec![key("key1")])
            .build();
        let error = world.ask().await.unwrap_err();
        assert!(error.is_auth());
        let cause = error.cause().unwrap();
        let printed = format!(
            "{error} {error:?} {cause} {cause:?} {} {}",
            cause.message().unwrap(),
            serde_json::to_string(error.report().unwrap()).unwrap()
        );
        assert!(!printed.contains(&key("key1")[4..]), "{printed}");
        assert!(printed.contains("Incorrect API key provided: ***"), "{printed}");
    }
}
