"""Things that happen later: one thread, one heap."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Timetable:
    """Runs short things at their time, in its own thread."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._woken = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="timetable", daemon=True)
        self._thread.start()

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Run something after so many seconds; at once, in the caller's thread, where it is none."""
        if seconds <= 0:
            act()
            return
        with self._woken:
            due = time.monotonic() + seconds
            heapq.heappush(self._due, (due, next(self._order), act))
            if self._due[0][0] == due:
                self._woken.notify()

    @property
    def waiting(self) -> int:
        return len(self._due)

    def clear(self) -> None:
        with self._woken:
            self._due.clear()

    def stop(self) -> None:
        with self._woken:
            self._stopped = True
            self._woken.notify()

    def _run(self) -> None:
        while True:
            with self._woken:
                while not self._stopped and (not self._due or self._due[0][0] > time.monotonic()):
                    self._woken.wait(self._due[0][0] - time.monotonic() if self._due else None)
                if self._stopped:
                    return
                _, _, act = heapq.heappop(self._due)
            act()
