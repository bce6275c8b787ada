"""Plain answers: what they say, what they cost, and who gave them."""

import openai

from .case import case, same
from .stand import raw

TEXT = "The quick brown fox jumps over the lazy dog."


@case
def a_plain_answer_has_its_content_usage_and_request_id(world):
    got = world.ask("ok")
    same(got.choices[0].message.content, TEXT)
    same(got.choices[0].finish_reason, "stop")
    same((got.object, got.model), ("chat.completion", "ok"))
    usage = got.usage
    same((usage.prompt_tokens, usage.completion_tokens, usage.total_tokens), (9, 3, 12))
    same(usage.prompt_tokens_details.cached_tokens, 4)
    same(usage.completion_tokens_details.reasoning_tokens, 1)
    assert got._request_id, "the SDK found no x-request-id"


@case
def raw_headers_say_who_served_and_after_how_many_attempts(world):
    create = world.client().chat.completions.with_raw_response.create
    got = create(model="ok", messages=[{"role": "user", "content": "Who?"}])
    same(got.headers["x-ft-served-by"], "sim/ok")
    same(got.headers["x-ft-tier"], "only")
    same(got.headers["x-ft-attempts"], "1")
    assert got.headers["x-ft-cache"] in ("bypass", "miss"), got.headers["x-ft-cache"]
    same(got.headers["x-request-id"], got.parse()._request_id)
    same(got.parse().choices[0].message.content, TEXT)


@case
def the_request_id_of_the_answer_is_the_one_that_upstream_got(world):
    got = world.ask("ok")
    same([attempt["request_id"] for attempt in world.attempts()], [got._request_id])


@case
def the_callers_own_request_id_is_kept(world):
    got = world.ask("ok", extra_headers={"x-request-id": "mine-4711"})
    same(got._request_id, "mine-4711")


@case
def an_sdks_own_retries_are_counted(world):
    world.ask("ok")
    same(world.metric("ai_api_client_retries_total"), 0)
    world.ask("ok", extra_headers={"x-stainless-retry-count": "2"})
    same(world.metric("ai_api_client_retries_total"), 1)


@case
def a_target_can_be_asked_for_by_provider_and_model(world):
    got = world.ask("sim/ok")
    same((got.choices[0].message.content, got.model), (TEXT, "ok"))


@case
def a_model_that_nobody_has_is_not_found(world):
    create = world.client().chat.completions.create
    try:
        create(model="no-such-model", messages=[{"role": "user", "content": "Hello?"}])
    except openai.NotFoundError as error:
        same((error.status_code, error.code, error.param), (404, "model_not_found", "model"))
    else:
        raise AssertionError("it was found")
    same((world.requests()["chat"], world.attempts()), (1, []))


@case
def a_body_that_is_no_request_is_refused_before_anybody_is_asked(world):
    for body in ({"model": "ok"}, {"model": "ok", "messages": "hi"}, {"messages": []}, [], 7):
        status, headers, text = raw(world, body)
        assert status in (400, 404), f"{body!r}: {status} {text}"
        same(headers["x-should-retry"], "false")
        assert '"error"' in text, text
    same(world.attempts(), [])


@case
def every_model_is_listed_with_who_owns_it(world):
    names = [model.id for model in world.client().models.list()]
    for name in ("ok", "sim/ok", "backup/ok", "down-then-ok"):
        assert name in names, f"{name} is not among {names}"
    one = world.client().models.retrieve("ok")
    same((one.id, one.object), ("ok", "model"))


@case
def vectors_come_in_the_order_of_their_texts(world):
    got = world.client().embeddings.create(model="vectors", input=["a fox", "a dog"])
    same([len(row.embedding) for row in got.data], [8, 8])
    same([row.index for row in got.data], [0, 1])
    same(got.model, "vectors")
    assert got.data[0].embedding != got.data[1].embedding, "both texts have the same vector"


@case
def vectors_fall_through_to_the_same_model_elsewhere(world):
    raw_create = world.client().embeddings.with_raw_response.create
    got = raw_create(model="vectors-down", input="a fox")
    same(len(got.parse().data[0].embedding), 8)
    same(got.headers["x-ft-served-by"], "backup/vectors-down")
    same([attempt["provider"] for attempt in world.attempts()], ["sim", "backup"])
