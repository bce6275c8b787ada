"""The end of the process: streams under way are finished, new requests are not begun."""

import openai

from .answers import TEXT
from .case import case, same
from .streams import content
from .stand import eventually


@case
def a_drain_finishes_a_stream_and_begins_nothing_new(world):
    stream = content(world.ask("paced", stream=True))
    said = [next(stream)]
    world.drain()
    eventually(lambda: not answers(world), "new connections are refused")
    said.extend(stream)
    same("".join(said), TEXT)
    eventually(lambda: world.stopped(), "the server has ended")


def answers(world):
    client = world.client().with_options(max_retries=0, timeout=2.0)
    try:
        client.models.list()
    except openai.APIError:
        return False
    return True
