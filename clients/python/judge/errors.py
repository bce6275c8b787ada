"""Errors: the right class and code for each, and one request of the SDK for each final one.

Without `x-should-retry: false` an SDK sends three requests where one was enough.
"""

import openai

from .case import CASES, case, raises, same
from .stand import raw

# Upstream's answer, and what the caller's SDK makes of ours. A provider that refuses the gateway's own key or
# account is none of the caller's business: that is a 503 of ours, with a code that says so.
ROWS = {
    "bad-request": (openai.BadRequestError, 400, "invalid_value", 1),
    "too-long": (openai.BadRequestError, 400, "context_length_exceeded", 1),
    "filtered": (openai.BadRequestError, 400, "content_filter", 1),
    "too-large": (openai.APIStatusError, 413, None, 1),
    "unprocessable": (openai.UnprocessableEntityError, 422, None, 1),
    "forbidden": (openai.APIStatusError, None, None, 1),
    "gone": (openai.NotFoundError, 404, "model_not_found", 1),
    "throttled": (openai.RateLimitError, 429, "rate_limit_exceeded", 1),
    "key-refused": (openai.InternalServerError, 503, "upstream_auth", 1),
    "unpaid": (openai.InternalServerError, 503, "upstream_quota_exhausted", 1),
    "quota": (openai.InternalServerError, 503, "upstream_quota_exhausted", 1),
    "broken": (openai.InternalServerError, 502, "upstream_error", 1),
    "down": (openai.InternalServerError, 503, "upstream_overloaded", 1),
    "html": (openai.InternalServerError, 502, "upstream_error", 1),
    "resets": (openai.InternalServerError, 502, "upstream_error", 1),
    "empty": (openai.InternalServerError, 502, "upstream_error", 1),
    "garbled": (openai.InternalServerError, 502, "upstream_error", 1),
    "error-in-200": (openai.InternalServerError, None, None, 1),
    "silent": (openai.InternalServerError, 504, "upstream_timeout", 1),
}


def rows():
    """A case for each row, plain and streamed."""
    for model, row in ROWS.items():
        for stream in (False, True):
            yield model, stream, row


def check(world, model, stream, row):
    kind, status, code, attempts = row
    error = raises(kind, lambda: world.ask(model, stream=stream))
    same(error.status_code, status or error.status_code, "the status")
    if code:
        same(error.code, code, "the code")
    assert error.message, "an error without a message"
    assert error.request_id, "an error without a request id"
    same(error.response.headers["x-should-retry"], "false")
    same(world.requests()["chat"], 1, "the number of requests of the SDK")
    same(len(world.attempts()), attempts, "the number of attempts upstream")


for _model, _stream, _row in rows():

    def _case(world, model=_model, stream=_stream, row=_row):
        check(world, model, stream, row)

    _case.__name__ = f"{_model.replace('-', '_')}_{'streamed' if _stream else 'plain'}_has_its_class_and_code"
    _case.__module__ = __name__
    CASES.append((_case, {}))


@case
def a_throttled_caller_is_told_how_long(world):
    error = raises(openai.RateLimitError, lambda: world.ask("throttled"))
    seconds = float(error.response.headers["retry-after"])
    assert 1 <= seconds <= 7, f"retry-after is {seconds}, and upstream had said 7"
    # One refusal is no drought; after two in a row, who will not wait that long is told so at once, and upstream is
    # left alone.
    raises(openai.RateLimitError, lambda: world.ask("throttled"))
    headers = {"x-ft-deadline": "2s"}
    error = raises(openai.RateLimitError, lambda: world.ask("throttled", extra_headers=headers))
    assert 1 <= float(error.response.headers["retry-after"]) <= 7, "no hint, or a wrong one"
    same(len(world.attempts()), 2, "the number of attempts upstream")


@case
def an_upstreams_words_about_a_bad_request_reach_the_caller(world):
    error = raises(openai.BadRequestError, lambda: world.ask("bad-request"))
    same((error.param, error.type), ("temperature", "invalid_request_error"))
    assert "between 0 and 2" in error.message, error.message


@case
def no_error_shows_a_key(world):
    for model in ("key-refused", "quota", "down"):
        _, _, text = raw(world, {"model": model, "messages": [{"role": "user", "content": "?"}]})
        assert "sk-stand" not in text, text


@case
def a_deadline_of_the_callers_own_ends_the_call(world):
    headers = {"x-ft-deadline": "300ms"}
    error = raises(openai.InternalServerError, lambda: world.ask("hangs", extra_headers=headers))
    same((error.status_code, world.requests()["chat"]), (504, 1))


@case
def the_sdks_own_timeout_bounds_the_call_so_that_it_gets_our_error(world):
    client = world.client().with_options(timeout=2.0)
    ask = lambda: client.chat.completions.create(model="hangs", messages=[{"role": "user", "content": "?"}])
    error = raises(openai.InternalServerError, ask)
    same((error.status_code, world.requests()["chat"]), (504, 1))


@case
def a_header_that_makes_no_sense_is_a_bad_request(world):
    for header in ({"x-ft-deadline": "soon"}, {"x-ft-no-cache": "perhaps"}, {"x-ft-chain": "nowhere"}):
        error = raises(openai.APIStatusError, lambda: world.ask("ok", extra_headers=header))
        assert error.status_code in (400, 404), f"{header}: {error.status_code}"
    same(world.attempts(), [])
