"""Runs the gateway's judges in Python: `python run.py STAND FT [WORD…]`.

STAND is the built example `stand` of ft-gateway, FT the built binary `ft`; with words, only cases whose names have one of them are run.
Which clients judge depends on the environment that runs this: `openai` always, the others where they are installed.
"""

import importlib
import importlib.metadata
import importlib.util
import sys

from judge import case, drain
from judge.stand import Stand

SUITES = ["answers", "streams", "lossless", "errors", "failover", "sharing", "access", "drain"]


def main():
    program, binary, *only = sys.argv[1:]
    suites = list(SUITES)
    clients = ["openai"]
    if importlib.util.find_spec("litellm"):
        suites.append("others")
        clients += ["litellm", "langchain-openai"]
    for suite in suites:
        importlib.import_module(f"judge.{suite}")
    drain.FT.append(binary)
    label = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in clients)
    stand = Stand(program)
    try:
        passed = case.run(stand, label, only)
    finally:
        stand.close()
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
