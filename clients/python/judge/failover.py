"""A first target that fails, and what the caller sees of it: nothing, until something has been said."""

import time

import openai

from .answers import TEXT
from .case import case, raises, same
from .streams import content, words

ASK = [{"role": "user", "content": "Where does the fox jump?"}]


def fell_through(world, model, stream, attempts):
    create = world.client().chat.completions.with_raw_response.create
    got = create(model=model, messages=ASK, stream=stream)
    said = words(got.parse()) if stream else got.parse().choices[0].message.content
    same(said, TEXT)
    same(got.headers["x-ft-served-by"], "backup/ok")
    same(got.headers["x-ft-tier"], "second")
    same(got.headers["x-ft-attempts"], str(attempts))
    same(world.requests()["chat"], 1, "the number of requests of the SDK")
    same([attempt["provider"] for attempt in world.attempts()], ["sim", "backup"])


@case
def a_503_falls_through_and_headers_log_and_metrics_agree(world):
    fell_through(world, "down-then-ok", False, 2)
    same(world.metric("ai_api_attempts_total", model="down"), 1)
    same(world.metric("ai_api_attempts_total", provider="backup", model="ok"), 1)
    same(world.metric("ai_api_fallbacks_total"), 1)


@case
def a_503_falls_through_for_a_stream_too(world):
    fell_through(world, "down-then-ok", True, 2)


@case
def the_model_of_the_answer_is_the_one_that_served(world):
    same(world.ask("down-then-ok").model, "ok")
    same({chunk.model for chunk in world.ask("down-then-ok", stream=True)}, {"ok"})


@case
def a_death_before_the_first_words_is_unseen(world):
    fell_through(world, "dies-then-ok", True, 2)


@case
def a_death_in_the_middle_of_a_plain_answer_is_unseen(world):
    fell_through(world, "dies-then-ok", False, 2)


@case
def silence_before_the_first_words_is_unseen(world):
    fell_through(world, "silent-then-ok", True, 2)


@case
def a_refused_key_falls_through(world):
    fell_through(world, "key-refused-then-ok", False, 2)


@case
def a_spent_quota_falls_through(world):
    fell_through(world, "quota-then-ok", False, 2)


@case
def throttling_falls_through_at_once_and_the_throttled_is_left_alone(world):
    fell_through(world, "throttled-then-ok", False, 2)
    # One refusal is no drought: the second in a row shuts the gate for everybody.
    world.ask("throttled-then-ok")
    world.ask("throttled-then-ok")
    providers = [attempt["provider"] for attempt in world.attempts()]
    same(providers, ["sim", "backup", "sim", "backup", "backup"])


@case
def the_callers_mistake_does_not_fall_through(world):
    raises(openai.BadRequestError, lambda: world.ask("bad-request-then-ok"))
    same([attempt["provider"] for attempt in world.attempts()], ["sim"])


@case
def without_fallback_the_first_failure_is_told(world):
    ask = lambda: world.ask("down-then-ok", extra_headers={"x-ft-no-fallback": "true"})
    same(raises(openai.InternalServerError, ask).code, "upstream_overloaded")
    same([attempt["provider"] for attempt in world.attempts()], ["sim"])


@case
def when_all_are_down_the_emergency_answer_says_that_it_is_one(world):
    create = world.client().chat.completions.with_raw_response.create
    got = create(model="all-down", messages=ASK)
    same(got.parse().choices[0].message.content, "Nobody can answer right now.")
    same(got.headers["x-ft-tier"], "emergency")
    same(words(world.ask("all-down", stream=True)), "Nobody can answer right now.")


def broke_off(world, model, code):
    """What was said before the error that the stream ends with."""
    said, before = [], world.requests()["chat"]
    stream = world.ask(model, stream=True)
    error = raises(openai.APIError, lambda: said.extend(content(stream)))
    same(error.code, code, "the code")
    same(world.requests()["chat"] - before, 1, "the number of requests of the SDK")
    return "".join(said)


@case
def a_death_after_two_words_is_an_error_and_repeats_nothing(world):
    for model in ("cut-after-two", "resets-after-two"):
        said = broke_off(world, model + "-then-ok", "upstream_stream_truncated")
        same(said, "The quick ")
    same({attempt["provider"] for attempt in world.attempts()}, {"sim"})


@case
def a_stream_that_ends_without_a_finish_reason_is_an_error(world):
    same(broke_off(world, "truncated", "upstream_stream_truncated"), TEXT)


@case
def an_error_inside_a_stream_is_an_error(world):
    said = []
    stream = world.ask("error-after-two", stream=True)
    error = raises(openai.APIError, lambda: said.extend(content(stream)))
    same("".join(said), "The quick ")
    assert error.code, "an error without a code"


@case
def a_malformed_event_is_an_error(world):
    said = []
    stream = world.ask("malformed-at-three", stream=True)
    error = raises(openai.APIError, lambda: said.extend(content(stream)))
    same(("".join(said), error.code), ("The quick ", "upstream_stream_garbled"))


@case
def a_stream_that_stands_still_is_ended_by_us(world):
    begun = time.monotonic()
    same(broke_off(world, "stalls", "upstream_stream_stalled"), "The quick ")
    took = time.monotonic() - begun
    assert took < 10, f"it took {took:.1f} s, where the idle timeout is half a second"


@case
def a_stream_that_drips_byte_by_byte_is_given_to_its_end(world):
    # Each event takes longer than the idle time, and no byte of it does.
    same("".join(content(world.ask("drips", stream=True))), TEXT)


@case
def a_plain_answer_over_a_broken_stream_is_whole_or_an_error(world):
    error = raises(openai.InternalServerError, lambda: world.ask("truncated-by-stream"))
    same((error.status_code, world.requests()["chat"]), (502, 1))


@case
def with_commit_complete_a_broken_stream_is_unseen(world):
    headers = {"x-ft-commit": "complete"}
    stream = world.ask("cut-after-two-then-ok", stream=True, extra_headers=headers)
    same(words(stream), TEXT)
    same([attempt["provider"] for attempt in world.attempts()], ["sim", "backup"])
