"""Who may ask, and for what."""

import openai

from .case import case, raises, same
from .stand import NARROW, raw


@case
def a_wrong_key_is_an_authentication_error_and_nobody_is_asked(world):
    for key in ("ft-stand-nobody-0123456789", "x", "ft-stand-alice-012345678"):
        error = raises(openai.AuthenticationError, lambda: world.ask("ok", key=key))
        same((error.status_code, error.code), (401, "invalid_api_key"))
        assert key not in error.message, "the error repeats the key"
    same((world.requests()["chat"], world.attempts()), (3, []))


@case
def without_a_key_nothing_is_answered(world):
    body = {"model": "ok", "messages": [{"role": "user", "content": "?"}]}
    for headers in ({"authorization": ""}, {"authorization": "Basic eDp5"}, {"authorization": "Bearer "}):
        status, got, text = raw(world, body, headers=headers)
        same((status, got["x-should-retry"]), (401, "false"))
    raises(openai.AuthenticationError, lambda: world.client("nobody").models.list())
    same(world.attempts(), [])


@case
def a_caller_of_one_chain_gets_no_other(world):
    same(world.ask("ok", key=NARROW).model, "ok")
    error = raises(openai.APIStatusError, lambda: world.ask("two-answers", key=NARROW))
    assert error.status_code in (403, 404), error.status_code
    same(len(world.attempts()), 1, "the number of attempts")


@case
def upstream_never_sees_the_callers_key(world):
    world.ask("ok")
    seen = world.attempts()[0]["credential"]
    assert seen.startswith("sk-s"), f"upstream was asked with {seen}"
