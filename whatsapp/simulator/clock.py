"""Things that happen later, on one thread."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Callable
from itertools import count

log = logging.getLogger(__name__)


class Clock:
    """Runs callbacks after real seconds. After `stop` nothing runs any more."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="simulator-clock", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._heap.clear()
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        with self._changed:
            if not self._stopped:
                due = time.monotonic() + seconds
                heapq.heappush(self._heap, (due, next(self._order), action))
                self._changed.notify()

    def _run(self) -> None:
        while (action := self._next()) is not None:
            try:
                action()
            except Exception:
                log.exception("a delayed step of the simulator failed")

    def _next(self) -> Callable[[], None] | None:
        """Wait for the next action that is due; None once stopped."""
        with self._changed:
            while not self._stopped:
                wait = self._heap[0][0] - time.monotonic() if self._heap else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._heap)[2]
                self._changed.wait(wait)
        return None
