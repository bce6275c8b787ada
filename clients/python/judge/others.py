"""Other clients, and another price list: langchain-openai, and litellm as a client and as an oracle of cost."""

import os
from decimal import Decimal

# Before litellm is imported: it would fetch its prices from the network.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["LANGSMITH_TRACING"] = "false"

import langchain_openai
import litellm
import openai

from .answers import TEXT
from .case import case, raises, same
from .lossless import PARIS, TOOL
from .stand import ALICE

litellm.telemetry = False
litellm.suppress_debug_info = True

ASK = [{"role": "user", "content": "Where does the fox jump?"}]


def completion(world, model, **fields):
    where = {"api_base": world.url, "api_key": ALICE, "timeout": 20}
    return litellm.completion(model=f"openai/{model}", messages=ASK, **where, **fields)


@case
def litellm_gets_an_answer_and_its_usage(world):
    got = completion(world, "ok")
    same(got.choices[0].message.content, TEXT)
    same((got.usage.prompt_tokens, got.usage.prompt_tokens_details.cached_tokens), (9, 4))


@case
def litellm_gets_a_stream(world):
    chunks = list(completion(world, "ok", stream=True))
    same("".join(chunk.choices[0].delta.content or "" for chunk in chunks), TEXT)
    same(litellm.stream_chunk_builder(chunks).choices[0].message.content, TEXT)


@case
def litellm_gets_tool_calls(world):
    calls = completion(world, "tools", tools=[TOOL]).choices[0].message.tool_calls
    same([(call.function.name, call.function.arguments) for call in calls], [("get_weather", PARIS)])


@case
def litellm_sees_the_classes_of_errors_and_asks_once(world):
    rows = {
        "bad-request": litellm.BadRequestError,
        "too-long": litellm.ContextWindowExceededError,
        "gone": litellm.NotFoundError,
        "throttled": litellm.RateLimitError,
        "down": litellm.ServiceUnavailableError,
    }
    for model, kind in rows.items():
        raises(kind, lambda: completion(world, model))
    same(world.requests()["chat"], len(rows), "the number of requests of the SDK")


@case
def litellm_sees_an_error_in_the_middle_of_a_stream(world):
    said = []

    def read():
        for chunk in completion(world, "cut-after-two", stream=True):
            said.append(chunk.choices[0].delta.content or "")

    raises(openai.APIError, read)
    same("".join(said), "The quick ")


@case
def our_cost_is_litellms_cost(world):
    client = world.client().chat.completions.with_raw_response
    for model in ("gpt-4.1", "claude-sonnet-4-5", "gemini-2.5-flash"):
        got = client.create(model=model, messages=ASK)
        ours = Decimal(got.headers["x-ft-cost-usd"])
        usage = got.parse().usage
        reply = litellm.ModelResponse(
            model=model,
            usage=litellm.Usage(**usage.model_dump(exclude_none=True)),
        )
        theirs = Decimal(repr(litellm.completion_cost(reply, model=model)))
        # Theirs is a float; half a billionth of a dollar is beyond its rounding and below any price.
        assert abs(ours - theirs) < Decimal("5e-10"), f"{model}: ours {ours}, litellm's {theirs}"
        assert ours > 0, f"{model} costs nothing"


def chat(world, model, **fields):
    where = {"base_url": world.url, "api_key": ALICE, "timeout": 20}
    return langchain_openai.ChatOpenAI(model=model, **where, **fields)


@case
def langchain_gets_an_answer_and_its_usage(world):
    got = chat(world, "ok").invoke("Where does the fox jump?")
    same(got.content, TEXT)
    same((got.usage_metadata["input_tokens"], got.usage_metadata["output_tokens"]), (9, 3))


@case
def langchain_gets_a_stream(world):
    chunks = list(chat(world, "ok").stream("Where does the fox jump?"))
    same("".join(chunk.content for chunk in chunks), TEXT)


@case
def langchain_gets_a_streams_usage_when_asked(world):
    chunks = list(chat(world, "ok", stream_usage=True).stream("Where does the fox jump?"))
    told = [chunk.usage_metadata for chunk in chunks if chunk.usage_metadata]
    same([usage["output_tokens"] for usage in told], [3])


@case
def langchain_gets_tool_calls(world):
    got = chat(world, "tools-parallel").bind_tools([TOOL]).invoke("What is the weather?")
    same([call["args"]["city"] for call in got.tool_calls], ["Paris", "Rome"])


@case
def langchain_sees_an_error_in_the_middle_of_a_stream_and_asks_once(world):
    said = []

    def read():
        for chunk in chat(world, "cut-after-two").stream("Where does the fox jump?"):
            said.append(chunk.content)

    raises(openai.APIError, read)
    same("".join(said), "The quick ")
    same(world.requests()["chat"], 1, "the number of requests of the SDK")


@case
def langchain_asks_once_when_an_error_is_final(world):
    raises(openai.APIError, lambda: chat(world, "down").invoke("?"))
    same(world.requests()["chat"], 1, "the number of requests of the SDK")


@case
def litellm_gets_vectors(world):
    where = {"api_base": world.url, "api_key": ALICE, "timeout": 20}
    got = litellm.embedding(model="openai/vectors", input=["a fox", "a dog"], **where)
    same([len(row["embedding"]) for row in got.data], [8, 8])


@case
def langchain_gets_vectors(world):
    # Its other way is to send tokens, for which it fetches a vocabulary from the network.
    plain = {"check_embedding_ctx_length": False}
    vectors = langchain_openai.OpenAIEmbeddings(model="vectors", base_url=world.url, api_key=ALICE, **plain)
    same([len(row) for row in vectors.embed_documents(["a fox", "a dog"])], [8, 8])
