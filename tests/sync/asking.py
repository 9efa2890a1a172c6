"""A process of its own in which many threads ask for a consent's access token at once.

``python -m tests.sync.asking GRANT_ID THREADS``: says "ready", waits for a line, and then tells of
each thread a fingerprint of its token, or the class of its error.
"""

import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from dashboard.errors import SwitchboardError
from dashboard.sync.tokens import access


def ask(grant_id: int, barrier: Barrier) -> str:
    barrier.wait()
    try:
        found = access(grant_id)
    except SwitchboardError as error:
        return type(error).__name__
    return hashlib.sha256(found.token.get_secret_value().encode()).hexdigest()


def main() -> None:
    grant_id, threads = int(sys.argv[1]), int(sys.argv[2])
    barrier = Barrier(threads)
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    with ThreadPoolExecutor(threads) as pool:
        for answer in pool.map(lambda _: ask(grant_id, barrier), range(threads)):
            print(answer)  # noqa: T201


if __name__ == "__main__":
    main()
