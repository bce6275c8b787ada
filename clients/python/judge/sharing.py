"""What callers share, and what they do not: breakers, the cache, money."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import openai

from .answers import TEXT
from .case import case, raises, same
from .stand import ALICE, BOB, POOR, eventually, raw
from .streams import events, words, words_of

ASK = [{"role": "user", "content": "Where does the fox jump?"}]


def at_once(world, count, model, key=ALICE, **fields):
    """As many calls at once as that, by one asynchronous client: answers and errors."""

    async def go():
        limits = {"base_url": world.url, "api_key": key, "timeout": 20.0}
        async with openai.AsyncOpenAI(**limits) as client:
            create = client.chat.completions.with_raw_response.create
            calls = [create(model=model, messages=ASK, **fields) for _ in range(count)]
            return await asyncio.gather(*calls, return_exceptions=True)

    return asyncio.run(go())


@case
def an_open_breaker_does_not_keep_the_only_target_from_being_asked(world):
    for _ in range(5):
        raises(openai.InternalServerError, lambda: world.ask("broken"))
    same(len(world.attempts()), 5, "the number of attempts")
    # Under client-side throttling, which begins with the twentieth attempt of ten seconds.
    for _ in range(10):
        raises(openai.InternalServerError, lambda: world.ask("broken"))
    same(len(world.attempts()), 15, "the number of attempts")
    same(world.requests()["chat"], 15, "the number of requests of the SDK")


@case
def an_open_breaker_is_gone_round_without_a_failed_attempt(world):
    for _ in range(5):
        world.ask("broken-then-ok")
    create = world.client().chat.completions.with_raw_response.create
    got = create(model="broken-then-ok", messages=ASK)
    same((got.headers["x-ft-served-by"], got.headers["x-ft-attempts"]), ("backup/ok", "1"))
    same(len(world.attempts("broken")), 5, "the number of attempts")


@case(OPEN_FOR="500ms")
def a_breaker_keeps_nobody_from_the_only_target_when_it_is_well_again(world):
    for _ in range(5):
        raises(openai.InternalServerError, lambda: world.ask("recovers"))
    time.sleep(0.8)  # The breaker opens for half a second, give or take a fifth.
    got = at_once(world, 20, "recovers")
    # The throttling still counts the five that failed, so that a few of twenty at once may be refused.
    well = [each for each in got if not isinstance(each, Exception)]
    assert len(well) >= 10, f"only {len(well)} of twenty were answered"
    eventually(lambda: answered(world, "recovers"), "it has recovered")


def answered(world, model):
    try:
        world.ask(model)
    except openai.InternalServerError:
        return False
    return True


@case
def a_repeated_question_is_answered_without_upstream(world):
    create = world.client().chat.completions.with_raw_response.create
    first, second = create(model="cached", messages=ASK), create(model="cached", messages=ASK)
    same([got.headers["x-ft-cache"] for got in (first, second)], ["miss", "hit"])
    same(first.parse().choices[0].message.content, second.parse().choices[0].message.content)
    same(second.headers["x-ft-served-by"], "sim/cached")
    same(len(world.attempts()), 1, "the number of attempts")
    raw_usage = second.parse().usage
    same((raw_usage.prompt_tokens, raw_usage.completion_tokens), (9, 3))


@case
def a_streamed_hit_is_a_stream_like_any_other(world):
    world.ask("cached")
    chunks = list(world.ask("cached", stream=True, stream_options={"include_usage": True}))
    same(words(chunks), TEXT)
    same([c.finish_reason for chunk in chunks for c in chunk.choices if c.finish_reason], ["stop"])
    same([chunk.usage.completion_tokens for chunk in chunks if chunk.usage], [3])
    said = events(raw(world, {"model": "cached", "messages": ASK, "stream": True})[2])
    same((said.count("[DONE]"), said[-1], words_of(said)), (1, "[DONE]", TEXT))
    same(len(world.attempts()), 1, "the number of attempts")


@case
def a_stream_that_ended_well_fills_the_cache(world):
    same(words(world.ask("cached", stream=True)), TEXT)
    same(world.ask("cached").choices[0].message.content, TEXT)
    same(len(world.attempts()), 1, "the number of attempts")


@case
def a_stream_that_was_left_does_not_fill_the_cache(world):
    stream = world.ask("cached-slow", stream=True)
    next(iter(stream))
    stream.close()
    eventually(lambda: world.attempts()[0]["outcome"] == "caller_left", "upstream saw us leave")
    same(world.ask("cached-slow").choices[0].message.content, TEXT)
    same(len(world.attempts()), 2, "the number of attempts")


@case
def callers_share_no_answers(world):
    world.ask("cached", key=ALICE)
    world.ask("cached", key=BOB)
    same(len(world.attempts()), 2, "the number of attempts")


@case
def another_question_is_another_answer(world):
    world.ask("cached")
    world.ask("cached", temperature=0.5)
    world.ask("cached", prompt="And the dog?")
    world.ask("cached", extra_headers={"x-ft-no-cache": "true"})
    same(len(world.attempts()), 4, "the number of attempts")


@case
def fifty_identical_calls_at_once_are_one_call_upstream(world):
    got = at_once(world, 50, "cached-slow")
    same([each for each in got if isinstance(each, Exception)], [])
    same({each.parse().choices[0].message.content for each in got}, {TEXT})
    same(len(world.attempts()), 1, "the number of attempts")
    same(world.requests()["chat"], 50, "the number of requests of the SDK")
    same([each.headers["x-ft-cache"] for each in got].count("miss"), 1, "the number of misses")


@case
def fifty_identical_streams_at_once_are_one_call_upstream(world):
    with ThreadPoolExecutor(50) as pool:
        said = list(pool.map(lambda _: words(world.ask("cached-slow", stream=True)), range(50)))
    same(set(said), {TEXT})
    same(len(world.attempts()), 1, "the number of attempts")


@case
def a_leader_who_leaves_leaves_the_call_to_those_who_wait_for_it(world):
    leader = world.ask("cached-slow", stream=True)
    next(iter(leader))
    with ThreadPoolExecutor(5) as pool:
        waiting = [pool.submit(world.ask, "cached-slow") for _ in range(5)]
        eventually(lambda: world.requests()["chat"] == 6, "all have asked")
        leader.close()
        same({each.result().choices[0].message.content for each in waiting}, {TEXT})
    same(len(world.attempts()), 1, "the number of attempts")


@case
def fifty_different_streams_at_once_do_not_mix(world):
    asked = [" ".join([f"caller-{at}"] * 20) for at in range(50)]
    with ThreadPoolExecutor(50) as pool:
        said = pool.map(lambda prompt: words(world.ask("echo", prompt, stream=True)), asked)
        same(list(said), asked)
    same(world.metric("ai_api_in_flight", model="echo"), 0, "the number in flight")


@case
def the_last_good_answer_stands_in_when_all_are_down(world):
    create = world.client().chat.completions.with_raw_response.create
    create(model="ok-once", messages=ASK)
    got = create(model="ok-once", messages=ASK)
    same(got.parse().choices[0].message.content, TEXT)
    same((got.headers["x-ft-cache"], got.headers["x-ft-tier"]), ("stale", "cache"))
    same([attempt["outcome"] for attempt in world.attempts()], ["answered", "status 503"])


# An answer of 120 tokens to a question of six costs $0.000972 at gpt-4.1's prices: room for ten, and not for eleven.
LIMIT = Decimal("0.0105")


@case
def a_budget_for_ten_is_not_overspent_by_fifty_at_once(world):
    got = at_once(world, 50, "gpt-4.1-long", key=POOR, max_tokens=120)
    served = [each for each in got if not isinstance(each, Exception)]
    refused = [each for each in got if isinstance(each, Exception)]
    spent = sum(Decimal(each.headers["x-ft-cost-usd"]) for each in served)
    assert 1 <= len(served) <= 10, f"{len(served)} were served"
    assert spent <= LIMIT, f"{spent} was spent of {LIMIT}"
    for error in refused:
        assert isinstance(error, openai.APIStatusError), repr(error)
        assert error.status_code in (402, 429), f"{error.status_code}: {error.message}"
        same((error.code, error.response.headers["x-should-retry"]), ("budget_exceeded", "false"))
    same(len(world.attempts()), len(served), "the number of attempts")
    same(world.requests()["chat"], 50, "the number of requests of the SDK")


@case
def a_budget_serves_ten_in_turn_and_no_eleventh(world):
    served = 0
    for _ in range(12):
        try:
            world.ask("gpt-4.1-long", key=POOR, max_tokens=120)
            served += 1
        except openai.APIStatusError as error:
            same(error.code, "budget_exceeded")
    same(served, 10, "the number served")
    same(len(world.attempts()), served, "the number of attempts")
    # Others have budgets of their own.
    world.ask("gpt-4.1-long", key=ALICE, max_tokens=120)


@case
def two_calls_with_one_idempotency_key_at_once_are_one_call(world):
    headers = {"idempotency-key": "order-18"}
    got = at_once(world, 2, "slow", extra_headers=headers)
    same([each for each in got if isinstance(each, Exception)], [])
    same(len(world.attempts()), 1, "the number of attempts")


@case
def one_idempotency_key_for_two_questions_is_a_conflict(world):
    headers = {"idempotency-key": "order-19"}
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(lambda: world.ask("slow", extra_headers=headers))
        eventually(lambda: world.attempts(), "the first is under way")
        ask = lambda: world.ask("slow", prompt="Something else?", extra_headers=headers)
        error = raises(openai.ConflictError, ask)
        same((error.status_code, error.response.headers["x-should-retry"]), (409, "false"))
        same(first.result().choices[0].message.content, TEXT)
    same(len(world.attempts()), 1, "the number of attempts")
