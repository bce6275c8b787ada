"""Cases, and the runner that gives each one a world of its own."""

import sys
import threading
import time
import traceback

# A case that takes longer hangs, and that is a failure like any other.
LIMIT = 60.0

CASES = []


def case(function=None, **variables):
    """Marks a function of one world as a case. Its name is the sentence it proves."""

    def mark(function):
        CASES.append((function, variables))
        return function

    return mark(function) if function else mark


def run(stand, label, only=()):
    """Runs all cases one after the other; true when all passed."""
    chosen = [each for each in CASES if not only or any(word in each[0].__name__ for word in only)]
    print(f"running {len(chosen)} tests with {label}", flush=True)
    failures = []
    begun = time.monotonic()
    for function, variables in chosen:
        failure = outcome(stand, function, variables)
        print(f"test {function.__module__}::{function.__name__} ... {'FAILED' if failure else 'ok'}", flush=True)
        if failure:
            failures.append((function, failure))
    for function, failure in failures:
        print(f"\n---- {label}: {function.__module__}::{function.__name__}\n{failure.rstrip()}", flush=True)
    word = "FAILED" if failures else "ok"
    passed = len(chosen) - len(failures)
    took = time.monotonic() - begun
    print(
        f"\ntest result: {word}. {passed} passed; {len(failures)} failed; 0 ignored; 0 measured; "
        f"0 filtered out; finished in {took:.2f}s",
        flush=True,
    )
    return not failures


def outcome(stand, function, variables):
    """None, or how the case failed."""
    said = []

    def body():
        try:
            world = stand.world(**variables)
            try:
                function(world)
            finally:
                world.close()
        except BaseException:
            said.append(traceback.format_exc())

    # A daemon: a case that hangs must not keep the run from ending.
    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    thread.join(LIMIT)
    if thread.is_alive():
        frame = sys._current_frames().get(thread.ident)
        where = "".join(traceback.format_stack(frame)) if frame else ""
        return f"not over after {LIMIT:.0f} s, here:\n{where}"
    return said[0] if said else None


def same(seen, wanted, what="it"):
    """Fails with both values when they differ."""
    assert seen == wanted, f"{what} is {seen!r}, not {wanted!r}"


def raises(kind, function):
    """The error of this class that the function ends with."""
    try:
        got = function()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}, but {got!r}")
