"""What passes through: tools, several answers, log probabilities, refusals, and fields that nobody knows."""

import json

import openai
import pydantic

from .case import case, same
from .stand import ALICE

ASK = [{"role": "user", "content": "What is the weather?"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"unit": {"enum": ["C", "F"]}, "city": {"type": "string"}},
            "required": ["city", "unit"],
            "additionalProperties": False,
        },
    },
}
PARIS, ROME = '{"city":"Paris","unit":"C"}', '{"city":"Rome","unit":"C"}'


def called(calls):
    return [(call.function.name, call.function.arguments) for call in calls]


def accumulated(world, model, **fields):
    """The message that the SDK's own helper puts together from a stream."""
    completions = world.client().chat.completions
    stream = getattr(completions, "stream", None) or world.client().beta.chat.completions.stream
    with stream(model=model, messages=ASK, **fields) as events:
        for _ in events:
            pass
        return events.get_final_completion().choices[0].message


@case
def a_tool_call_comes_as_sent_plain_and_streamed(world):
    plain = world.ask("tools", tools=[TOOL]).choices[0]
    same(called(plain.message.tool_calls), [("get_weather", PARIS)])
    same((plain.finish_reason, plain.message.content), ("tool_calls", None))
    streamed = accumulated(world, "tools", tools=[TOOL])
    same(called(streamed.tool_calls), [("get_weather", PARIS)])
    same(streamed.tool_calls[0].id, plain.message.tool_calls[0].id)


@case
def a_tool_definition_arrives_upstream_as_sent(world):
    choice = {"type": "function", "function": {"name": "get_weather"}}
    world.ask("tools", tools=[TOOL], tool_choice=choice, parallel_tool_calls=False)
    sent = world.attempts()[0]["request"]
    same(sent["tools"], [TOOL])
    # The order of a schema's fields reaches the model, so it is part of what was sent.
    schema = sent["tools"][0]["function"]["parameters"]
    same(json.dumps(schema), json.dumps(TOOL["function"]["parameters"]))
    same((sent["tool_choice"], sent["parallel_tool_calls"]), (choice, False))


@case
def tool_results_and_their_call_go_back_upstream(world):
    messages = ASK + [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": PARIS}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "18 degrees"},
    ]
    world.client().chat.completions.create(model="ok", messages=messages, tools=[TOOL])
    same(world.attempts()[0]["request"]["messages"], messages)


@case
def two_parallel_calls_stay_two(world):
    same(
        called(world.ask("tools-parallel", tools=[TOOL]).choices[0].message.tool_calls),
        [("get_weather", PARIS), ("get_weather", ROME)],
    )
    streamed = accumulated(world, "tools-parallel", tools=[TOOL])
    same(called(streamed.tool_calls), [("get_weather", PARIS), ("get_weather", ROME)])
    same(len({call.id for call in streamed.tool_calls}), 2, "the number of ids")


@case
def calls_without_an_index_reach_the_sdks_helper_whole(world):
    streamed = accumulated(world, "tools-indexless", tools=[TOOL])
    same(called(streamed.tool_calls), [("get_weather", PARIS), ("get_weather", ROME)])


@case
def two_calls_that_both_say_index_zero_are_told_apart(world):
    streamed = accumulated(world, "tools-index-zero", tools=[TOOL])
    same(called(streamed.tool_calls), [("get_weather", PARIS), ("get_weather", ROME)])


@case
def two_answers_come_as_two(world):
    plain = world.ask("two-answers", n=2)
    same([(c.index, c.message.content) for c in plain.choices], [(0, "Heads."), (1, "Tails.")])
    said = {0: "", 1: ""}
    for chunk in world.ask("two-answers", n=2, stream=True):
        for choice in chunk.choices:
            said[choice.index] += choice.delta.content or ""
    same(said, {0: "Heads.", 1: "Tails."})
    same([attempt["request"]["n"] for attempt in world.attempts()], [2, 2])


@case
def log_probabilities_arrive(world):
    plain = world.ask("logprobs", logprobs=True, top_logprobs=2).choices[0].logprobs.content
    same([(each.token, each.logprob) for each in plain], [("Yes", -0.125), (".", -0.5)])
    same([top.token for top in plain[0].top_logprobs], ["Yes", "No"])
    chunks = world.ask("logprobs", logprobs=True, top_logprobs=2, stream=True)
    parts = [c.logprobs.content for chunk in chunks for c in chunk.choices if c.logprobs]
    same([(each.token, each.logprob) for part in parts for each in part], [("Yes", -0.125), (".", -0.5)])


@case
def a_refusal_is_no_content(world):
    plain = world.ask("refuses").choices[0].message
    same((plain.content, plain.refusal), (None, "I cannot help with that."))
    same(accumulated(world, "refuses").refusal, "I cannot help with that.")


class City(pydantic.BaseModel):
    name: str
    people: int


@case
def a_response_format_is_kept_and_its_answer_parses(world):
    client = world.client()
    parse = getattr(client.chat.completions, "parse", None) or client.beta.chat.completions.parse
    got = parse(model="city", messages=ASK, response_format=City)
    same(got.choices[0].message.parsed, City(name="Paris", people=2100000))
    sent = world.attempts()[0]["request"]["response_format"]
    same((sent["type"], sent["json_schema"]["name"]), ("json_schema", "City"))
    same(list(sent["json_schema"]["schema"]["properties"]), ["name", "people"])


@case
def reasoning_fields_arrive_and_go_back(world):
    plain = world.ask("reasons", reasoning_effort="low").choices[0].message
    same((plain.content, plain.model_extra["reasoning_content"]), ("Seven.", "Three and four."))
    thought, said = "", ""
    for chunk in world.ask("reasons", stream=True):
        for choice in chunk.choices:
            thought += (choice.delta.model_extra or {}).get("reasoning_content") or ""
            said += choice.delta.content or ""
    same((thought, said), ("Three and four.", "Seven."))
    same(world.attempts()[0]["request"]["reasoning_effort"], "low")
    back = [{"role": "assistant", "content": "Seven.", "reasoning_content": "Three and four."}]
    world.client().chat.completions.create(model="ok", messages=ASK + back + ASK)
    same(world.attempts()[-1]["request"]["messages"][1], back[0])


@case
def fields_that_nobody_knows_pass_both_ways(world):
    odd = {"x_vendor": {"deep": [1, 2.5, None, "é"]}, "prompt_cache_key": "k", "verbosity": "low"}
    got = world.ask("odd", extra_body=odd)
    sent = world.attempts()[0]["request"]
    same({name: sent[name] for name in odd}, odd)
    same(got.model_extra["x_vendor"], {"queue": 0.25})
    same((got.system_fingerprint, got.service_tier), ("fp_odd", "default"))
    same(got.choices[0].message.annotations, [])
    same(got.choices[0].message.model_extra["extra_content"], {"signature": "abc"})
    chunks = list(world.ask("odd", stream=True))
    same(chunks[0].model_extra["x_vendor"], {"queue": 0.25})
    same({chunk.system_fingerprint for chunk in chunks}, {"fp_odd"})


@case
def settings_arrive_with_the_values_sent(world):
    fields = {
        "temperature": 0.7,
        "top_p": 0.95,
        "max_completion_tokens": 77,
        "frequency_penalty": -0.5,
        "logit_bias": {"50256": -100},
        "seed": 7,
        "stop": ["\n\n"],
        "user": "u-1",
        "metadata": {"team": "red"},
        "service_tier": "auto",
    }
    world.ask("ok", **fields)
    sent = world.attempts()[0]["request"]
    same({name: sent.get(name) for name in fields}, fields)


@case
def pictures_and_other_parts_arrive_as_sent(world):
    content = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
    ]
    messages = [{"role": "developer", "content": "Be brief.", "name": "us"}, {"role": "user", "content": content}]
    world.client().chat.completions.create(model="ok", messages=messages)
    same(world.attempts()[0]["request"]["messages"], messages)


@case
def an_idempotency_key_reaches_upstream(world):
    world.ask("ok", extra_headers={"idempotency-key": "order-17"})
    same([attempt["idempotency_key"] for attempt in world.attempts()], ["order-17"])


@case
def an_asynchronous_client_gets_the_same(world):
    import asyncio

    async def go():
        async with openai.AsyncOpenAI(base_url=world.url, api_key=ALICE) as client:
            plain = await client.chat.completions.create(model="ok", messages=ASK)
            stream = await client.chat.completions.create(model="ok", messages=ASK, stream=True)
            said = [chunk.choices[0].delta.content or "" async for chunk in stream]
        return plain.choices[0].message.content, "".join(said)

    plain, streamed = asyncio.run(go())
    same(plain, streamed)
