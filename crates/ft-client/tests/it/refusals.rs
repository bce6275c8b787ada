//! Whatever the targets before it answer, a healthy target is reached: in steady state, in every place.

use ft_sim::{Reply, Scripts};

use crate::trial::{Setup, Way, millis, secs, setup};

/// A chain of three providers, of which the one at `well` answers and the others give `reply`.
fn two_of_three(reply: &Reply, well: usize) -> Setup {
    let gives = |place| match place == well {
        true => Reply::text("well").latency(millis(20)),
        false => reply.clone().latency(millis(5)),
    };
    setup("a | two/b | three/c", Scripts::from(gives(0)))
        .provider("two", Scripts::from(gives(1)))
        .provider("three", Scripts::from(gives(2)))
        // As it is outside of these tests.
        .config(|config| config.breaker.consecutive_over = millis(500))
}

/// Every row that falls through.
fn rows() -> Vec<(&'static str, Reply)> {
    vec![
        ("500", Reply::status(500)),
        ("503 with a hint", Reply::status(503).retry_after(secs(2))),
        ("504", Reply::status(504)),
        ("refused connection", Reply::ok().refuse()),
        ("reset", Reply::ok().reset()),
        ("429", Reply::status(429)),
        ("429 with a hint", Reply::throttled(secs(2))),
        ("429 with a long hint", Reply::throttled(secs(60))),
        ("402", Reply::status(402)),
        ("401", Reply::status(401)),
        ("403", Reply::status(403)),
        ("404", Reply::status(404)),
        ("unsupported", Reply::error(400, "unsupported_parameter", "Unsupported parameter")),
        ("409", Reply::status(409)),
        ("too long", Reply::error(400, "context_length_exceeded", "maximum context length is 4")),
        ("no choices", Reply::ok().empty_choices()),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_healthy_target_is_reached_in_every_place_whatever_the_others_answer() {
    for (name, reply) in rows() {
        for well in 0..3 {
            let trial = two_of_three(&reply, well).build();
            let mut lost = 0;
            for request in 0..400 {
                let answer = trial.ask(Way::Plain).await;
                // The first second is for breakers and gates to see what is the matter.
                lost += usize::from(answer.is_err() && request >= 50);
                tokio::time::sleep(millis(20)).await;
            }
            assert_eq!(lost, 0, "{name}, the healthy one at place {well}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_that_cost_nothing_leave_the_cap_alone() {
    for reply in [Reply::status(409), Reply::error(400, "unsupported_parameter", "Unsupported")] {
        let trial = two_of_three(&reply, 2).build();
        // At once, so that nothing of the reserve comes back.
        let answers = futures_util::future::join_all((0..200).map(|_| trial.ask(Way::Plain))).await;
        assert!(answers.iter().all(Result::is_ok));
    }
}
