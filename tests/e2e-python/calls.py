"""One call per line of JSON on standard input, one answer per line on standard output."""

import json
import os
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

_printing = threading.Lock()


def _answer(handlers, request):
    try:
        value = handlers[request["call"]](**request["args"])
        answer = {"id": request["id"], "ok": True, "value": value}
    except BaseException as error:  # an SDK may raise anything, and the test has to hear of it
        causes = [f"{type(error).__name__}: {error}"]
        while error.__cause__ is not None:
            error = error.__cause__
            causes.append(f"{type(error).__name__}: {error}")
        traceback.print_exc()
        answer = {"id": request["id"], "ok": False, "error": " <- ".join(causes)}
    with _printing:
        print(json.dumps(answer), flush=True)


def serve(**handlers):
    """Answers calls, each with the handler of its name, until standard input ends."""
    with ThreadPoolExecutor(max_workers=32) as pool:
        for line in sys.stdin:
            pool.submit(_answer, handlers, json.loads(line))
        # Clients that were left open keep threads alive, and nobody waits for them.
        sys.stdout.flush()
        os._exit(0)
