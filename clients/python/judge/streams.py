"""Streams: the same words as a plain answer, as they come, and an end that says whether it was one."""

import json

from .answers import TEXT
from .case import case, same
from .stand import eventually, raw


def words(stream):
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def events(text):
    """What stands after `data: ` in each event."""
    return [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data:")]


@case
def a_stream_says_what_a_plain_answer_says(world):
    plain = world.ask("ok")
    chunks = list(world.ask("ok", stream=True))
    same(words(chunks), plain.choices[0].message.content)
    reasons = [choice.finish_reason for chunk in chunks for choice in chunk.choices]
    same([reason for reason in reasons if reason], ["stop"])
    same({chunk.model for chunk in chunks}, {"ok"})
    same(len({chunk.id for chunk in chunks}), 1, "the number of ids")
    assert len(chunks) >= len(TEXT.split()), f"only {len(chunks)} chunks: was it buffered?"


@case
def usage_comes_once_when_asked_for(world):
    chunks = list(world.ask("ok", stream=True, stream_options={"include_usage": True}))
    usages = [chunk.usage for chunk in chunks if chunk.usage]
    same([(usage.prompt_tokens, usage.completion_tokens) for usage in usages], [(9, 3)])
    same(usages[0].prompt_tokens_details.cached_tokens, 4)
    same(chunks[-1].choices, [], "the choices of the last chunk")


@case
def usage_does_not_come_unasked_though_upstream_is_asked_for_it(world):
    chunks = list(world.ask("ok", stream=True))
    same([chunk.usage for chunk in chunks if chunk.usage], [])
    assert all(chunk.choices for chunk in chunks), "a chunk without choices came unasked"
    sent = world.attempts()[0]["request"]
    same(sent["stream_options"]["include_usage"], True)


@case
def the_wire_is_events_with_one_done_at_the_end(world):
    for headers in ({}, {"accept-encoding": "gzip, deflate"}):
        body = {"model": "ok", "messages": [{"role": "user", "content": "?"}], "stream": True}
        status, got, text = raw(world, body, headers=headers)
        same(status, 200)
        assert got["content-type"].startswith("text/event-stream"), got["content-type"]
        same(got["content-encoding"], None)
        said = events(text)
        same((said.count("[DONE]"), said[-1]), (1, "[DONE]"))
        same(words_of(said), TEXT)


def words_of(said):
    chunks = [json.loads(event) for event in said if event != "[DONE]"]
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    return "".join(delta.get("content") or "" for delta in deltas)


@case
def the_first_words_arrive_while_upstream_is_still_silent_about_the_rest(world):
    # Upstream never says more than two words. Were they held until it ends, none would come.
    for headers in (None, {"accept-encoding": "gzip"}):
        stream = world.ask("holds-after-two", stream=True, extra_headers=headers)
        said = [next(content(stream)), next(content(stream))]
        same(said, ["The ", "quick "])
        same(world.attempts()[-1]["outcome"], "open")
        stream.close()


def content(stream):
    return (c.choices[0].delta.content for c in stream if c.choices and c.choices[0].delta.content)


@case
def a_streams_headers_say_who_serves(world):
    create = world.client().chat.completions.with_raw_response.create
    got = create(model="ok", messages=[{"role": "user", "content": "Who?"}], stream=True)
    same(got.headers["x-ft-served-by"], "sim/ok")
    same(got.headers["x-ft-tier"], "only")
    same(got.headers["x-ft-attempts"], "1")
    assert got.headers["x-request-id"], "no x-request-id"
    same(words(got.parse()), TEXT)


@case
def a_missing_done_after_a_finish_reason_is_made_good(world):
    body = {"model": "no-done", "messages": [{"role": "user", "content": "?"}], "stream": True}
    said = events(raw(world, body)[2])
    same((said.count("[DONE]"), said[-1], words_of(said)), (1, "[DONE]", TEXT))


@case
def keep_alives_and_a_bom_from_upstream_do_no_harm(world):
    same(words(world.ask("chatty", stream=True)), TEXT)


@case
def the_report_of_a_stream_can_be_had_as_its_last_event(world):
    body = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "?"}], "stream": True}
    text = raw(world, body, headers={"x-ft-report": "event"})[2]
    block = next(block for block in text.split("\n\n") if block.startswith("event: ft.report"))
    report = json.loads(block.split("data: ", 1)[1])
    same(report["served_by"], {"provider": "openai", "model": "gpt-4.1"})
    same(report["cost_usd"], "0.000036")


@case
def a_caller_who_leaves_is_noticed_upstream_and_nothing_stays_in_flight(world):
    stream = world.ask("holds-after-two", stream=True)
    next(content(stream))
    same(world.metric("ai_api_in_flight", model="holds-after-two"), 1)
    stream.close()
    eventually(lambda: world.attempts()[0]["outcome"] == "caller_left", "upstream saw us leave")
    eventually(
        lambda: world.metric("ai_api_in_flight", model="holds-after-two") == 0,
        "nothing is in flight",
    )


@case
def a_caller_who_leaves_a_priced_stream_pays_for_what_was_said(world):
    stream = world.ask("gpt-4.1-mini", stream=True)
    next(content(stream))
    stream.close()
    paid = lambda: world.metric("ai_api_cost_usd_total", model="gpt-4.1-mini")
    eventually(lambda: paid() > 0, "the part that was said has a price")


@case
def a_caller_who_leaves_before_the_answer_is_noticed_upstream_too(world):
    client = world.client().with_options(timeout=0.5, max_retries=0)
    try:
        client.chat.completions.create(model="hangs", messages=[{"role": "user", "content": "?"}])
    except Exception:
        pass
    eventually(lambda: world.attempts()[0]["outcome"] == "caller_left", "upstream saw us leave")
    same(len(world.attempts()), 1, "the number of attempts")
