"""The stand: the process that the gateway and its scripted upstream run in, and one world of it."""

import http.client
import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import openai

# Keys of the callers in the stand's configuration; it holds their hashes only.
ALICE = "ft-stand-alice-0123456789"
BOB = "ft-stand-bob-0123456789"
POOR = "ft-stand-poor-0123456789"
NARROW = "ft-stand-narrow-0123456789"

# The longest that anything may take that takes no time of its own.
PATIENCE = 20.0


class Stand:
    """The process. It ends with its standard input, so that it cannot outlive us."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.control = json.loads(self.process.stdout.readline())["control"]

    def world(self, **variables):
        """A gateway and an upstream of its own, in which nothing has happened yet."""
        return World(self.control, call("POST", self.control + "/worlds", variables))

    def close(self):
        self.process.stdin.close()
        return self.process.wait(PATIENCE)


class World:
    """One gateway, its upstream, and what both have seen."""

    def __init__(self, control, made):
        self.home = f"{control}/worlds/{made['id']}"
        self.url = made["url"]
        self.upstream = made["upstream"]
        self.clients = {}

    def client(self, key=ALICE):
        """An SDK client as an application makes it: another base URL and key, nothing else."""
        if key not in self.clients:
            self.clients[key] = openai.OpenAI(base_url=self.url, api_key=key, timeout=PATIENCE)
        return self.clients[key]

    def ask(self, model, prompt="Where does the fox jump?", key=ALICE, **fields):
        """Asks one question."""
        messages = [{"role": "user", "content": prompt}]
        return self.client(key).chat.completions.create(model=model, messages=messages, **fields)

    def attempts(self, model=None):
        """What upstream saw, in the order of arrival."""
        seen = call("GET", self.home + "/log")["attempts"]
        return [attempt for attempt in seen if model in (None, attempt["model"])]

    def requests(self):
        """The HTTP requests that the gateway got under `/v1`."""
        return call("GET", self.home + "/requests")["requests"]

    def drain(self):
        """Ends the gateway as SIGTERM does."""
        call("POST", self.home + "/drain", {})

    def reload(self):
        """Serves its configuration anew, as a changed file does."""
        call("POST", self.home + "/reload", {})

    def stopped(self):
        return call("GET", self.home + "/stopped")["stopped"]

    def metric(self, name, **labels):
        """The sum of a metric's series that have these labels."""
        url = self.url.removesuffix("/v1") + "/metrics"
        asked = urllib.request.Request(url, headers={"authorization": f"Bearer {ALICE}"})
        with urllib.request.urlopen(asked, timeout=PATIENCE) as got:
            text = got.read().decode()
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        lines = [line for line in text.splitlines() if line.startswith((name + "{", name + " "))]
        assert lines, f"there is no metric {name}"
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if all(w in line for w in wanted))

    def close(self):
        for client in self.clients.values():
            client.close()
        call("DELETE", self.home)


def call(method, url, body=None):
    """One JSON call of the control listener."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{method} {url}: {error.code} {error.read().decode()}") from None
    return json.loads(text) if text else None


def raw(world, body, key=ALICE, headers=None):
    """One chat request without an SDK: status, headers and the whole body as text."""
    parts = urllib.parse.urlsplit(world.url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    try:
        sent = {"authorization": f"Bearer {key}", "content-type": "application/json", **(headers or {})}
        connection.request("POST", parts.path + "/chat/completions", json.dumps(body), sent)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def eventually(fact, what):
    """Waits until this is true; for what another process is about to notice."""
    until = time.monotonic() + PATIENCE
    while not fact():
        assert time.monotonic() < until, f"never came true: {what}"
        time.sleep(0.02)
