"""Changes while requests are under way: a new configuration, and the end of the process."""

import os
import signal
import subprocess
import tempfile

import openai

from .answers import TEXT
from .case import case, same
from .stand import PATIENCE, eventually
from .streams import content

# The built binary `ft`, which the runner was given.
FT = []


@case
def a_reload_in_the_middle_of_a_stream_drops_nothing(world):
    stream = content(world.ask("paced", stream=True))
    said = [next(stream)]
    world.ask("cached")
    world.reload()
    same(world.ask("cached").choices[0].message.content, TEXT)
    said.extend(stream)
    same("".join(said), TEXT)
    same(len(world.attempts("cached")), 1, "the number of attempts that the cache should have saved")


@case
def a_reload_lets_a_gated_target_be_asked_again(world):
    for _ in range(2):
        try:
            world.ask("key-refused")
        except openai.APIStatusError as error:
            same(error.status_code, 503)
    same(len(world.attempts()), 1, "the number of attempts before the reload")
    world.reload()
    try:
        world.ask("key-refused")
    except openai.APIStatusError as error:
        same((error.status_code, error.code), (503, "upstream_auth"))
    same(len(world.attempts()), 2, "the number of attempts after it")


@case
def a_drain_finishes_a_stream_and_begins_nothing_new(world):
    stream = content(world.ask("paced", stream=True))
    said = [next(stream)]
    world.drain()
    eventually(lambda: not answers(world.client()), "new connections are refused")
    said.extend(stream)
    same("".join(said), TEXT)
    eventually(lambda: world.stopped(), "the server has ended")


CONFIG = """
[server]
listen = "127.0.0.1:0"
admin = false

[providers.sim]
base_url = "%s"
keys = ["sk-stand-sim-0123456789"]

[chains.default]
tiers = [{ name = "only", targets = [{ provider = "sim", model = "paced" }] }]
"""


@case
def sigterm_lets_ft_serve_finish_its_stream_and_then_end_well(world):
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(CONFIG % world.upstream)
        file.flush()
        command = [FT[0], "serve", "--config", file.name]
        environment = {**os.environ, "NO_COLOR": "1"}
        pipe = subprocess.PIPE
        server = subprocess.Popen(command, stderr=subprocess.STDOUT, stdout=pipe, text=True, env=environment)
        try:
            lines = iter(server.stdout.readline, "")
            line = next(line for line in lines if "serving http" in line)
            url = line[line.index("http") :].split()[0]
            client = openai.OpenAI(base_url=url, api_key="none-is-needed", timeout=PATIENCE)
            ask = [{"role": "user", "content": "Where does the fox jump?"}]
            stream = content(client.chat.completions.create(model="default", messages=ask, stream=True))
            said = [next(stream)]
            server.send_signal(signal.SIGTERM)
            eventually(lambda: not answers(openai.OpenAI(base_url=url, api_key="x")), "it refuses")
            said.extend(stream)
            same("".join(said), TEXT)
            same(server.wait(PATIENCE), 0, "the exit code")
        finally:
            server.kill()
            server.wait()
            server.stdout.close()


def answers(client):
    try:
        client.with_options(max_retries=0, timeout=2.0).models.list()
    except openai.APIError:
        return False
    return True
