"""Hands units to the workers of a Dask cluster: an executor, as threads of this computer are one.

Dask runs a unit again when the worker that had it dies, and gives it up when it has seen too many
die of it (its setting `distributed.scheduler.allowed-failures`).
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Executor, Future
from typing import TYPE_CHECKING, Any

from workshop.gradebook.batch import Lost
from workshop.gradebook.units import Unlike, make_sure
from workshop.grading.warm import GradingError
from workshop.stranger import clean

if TYPE_CHECKING:
    import distributed

LOOK = 1.0
"""Seconds between two looks at which workers there are."""
NOBODY = 60
"""Looks in a row without a worker after which there is no going on: one that has died is replaced
in seconds where anything replaces it."""


class ClusterError(Exception):
    """The cluster cannot be used. The text says why, and what to do."""


class Cluster(Executor):
    """The workers of the scheduler at an address, all of which have the kit that we have.

    As many units are with Dask as its workers have threads, so that what was begun can be told from
    what can still be cancelled. A context manager; it may be used from any thread.
    """

    def __init__(
        self,
        address: str,
        kits: Mapping[str, str],
        walls: tuple[str, ...],
        tell: Callable[[str], None],
    ) -> None:
        """Connect to the scheduler at `address`, such as "tcp://10.0.0.5:8786".

        `kits` are the digests of the exercises that are to be marked, by name, and `walls` those
        that are to stand; `tell` is given a sentence when something happens that takes long.
        Raises ClusterError when there is no scheduler or worker, when the extra is not installed,
        and when the kit of a worker or its walls are others.
        """
        self._address = address
        self._gone = f"The scheduler at {address} has gone away."
        self._tell = tell
        self._lock = threading.RLock()
        self._waiting: deque[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]] = deque()
        self._running: dict[distributed.Future, Future[Any]] = {}
        self._lost: Lost | None = None
        self._client = _connected(address)
        try:
            self.threads = self._count()
            """How many threads the workers have: as many units are marked beside each other."""
            _examine(self._client, address, kits, walls)
        except BaseException:
            self._client.close()
            raise
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        assert not kwargs
        future: Future[Any] = Future()
        with self._lock:
            self._waiting.append((future, work, args))
        self._hand_out()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster. What is still with it comes to nothing."""
        self._ended.set()
        self._watch.join()
        self._lose("This computer has left the cluster.")
        self._client.close()

    def _hand_out(self) -> None:
        with self._lock:
            while self._waiting and (self._lost or len(self._running) < self.threads):
                future, work, args = self._waiting.popleft()
                if not future.set_running_or_notify_cancel():
                    continue
                try:
                    if self._lost:
                        raise self._lost
                    # Two equal units are two: whoever has one marked again wants to know anew.
                    theirs = self._client.submit(work, *args, pure=False)
                except Exception:  # whatever Dask says of a scheduler that has gone
                    self._lost = self._lost or Lost(self._gone)
                    future.set_exception(self._lost)
                else:
                    self._running[theirs] = future
                    theirs.add_done_callback(self._done)

    def _done(self, theirs: distributed.Future) -> None:
        from distributed import KilledWorker

        result: Any = None
        error: Exception | None = None
        try:
            result = theirs.result()
        except KilledWorker as killed:
            error = GradingError(_died(killed))
        except CancelledError:
            return self._lose(self._gone)
        except Unlike as unlike:
            return self._lose(f"A worker has joined that cannot be used. {unlike}")
        except Exception as failed:
            error = failed
        with self._lock:
            future = self._running.pop(theirs, None)
        if future is not None and error is not None:
            future.set_exception(error)
        elif future is not None:
            future.set_result(result)
        self._hand_out()

    def _lose(self, why: str) -> None:
        """Nothing more comes of what the cluster was given, nor of what it will be."""
        with self._lock:
            self._lost = self._lost or Lost(why)
            while self._running:
                self._running.popitem()[1].set_exception(self._lost)
        self._hand_out()

    def _look(self) -> None:
        """Sees workers come and go, until the end."""
        without = 0
        while not self._ended.wait(LOOK):
            try:
                self.threads = self._count()
                without = 0
            except ClusterError as nobody:
                without += 1
                if without == 1:
                    self._tell(f"{nobody} Waiting for one.")
                if without == NOBODY:
                    self._lose(str(nobody))
            except Exception:  # whatever Dask says of it
                self._lose(self._gone)
            if self._lost:
                return
            self._hand_out()

    def _count(self) -> int:
        count: int = sum(self._client.nthreads().values())
        if not count:
            raise ClusterError(
                f"The scheduler at {self._address} has no workers: `dask worker "
                f"{self._address}` starts one."
            )
        return count


def _connected(address: str) -> distributed.Client:
    try:
        import distributed
    except ImportError as error:
        raise ClusterError(
            "Marking on a cluster needs Dask, which is not installed here: "
            "`pip install -c constraints.txt -e '.[cluster]'` in the kit's folder installs it, on "
            "each machine of the cluster, too."
        ) from error
    # What it logs is for its authors. Versions that differ are found out below.
    for name in ("distributed", "distributed.client", "tornado", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", module="distributed")
    try:
        return distributed.Client(address, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ClusterError(
            f"No Dask scheduler answers at {address} ({_first_line(error)}). `dask scheduler` "
            "starts one and tells its address."
        ) from error


def _examine(
    client: distributed.Client, address: str, kits: Mapping[str, str], walls: tuple[str, ...]
) -> None:
    """Raises ClusterError for the first worker that would mark otherwise than we do."""
    try:
        client.run_on_scheduler(_here)
    except Exception as error:
        raise _without_kit(f"The scheduler at {address}", error) from error
    for worker, said in sorted(client.run(make_sure, dict(kits), walls, on_error="return").items()):
        if isinstance(said, Unlike):
            raise ClusterError(
                f"The worker at {worker} cannot be used. {said} Mend that or stop the worker, and "
                "start it anew."
            )
        if isinstance(said, Exception):
            raise _without_kit(f"The worker at {worker}", said)


def _here() -> None:
    """Found wherever the kit is installed."""


def _without_kit(who: str, error: Exception) -> ClusterError:
    return ClusterError(
        f"{who} does not have this kit ({_first_line(error)}): install the same version of it on "
        "each machine of the cluster, and start the processes there anew."
    )


def _died(killed: distributed.KilledWorker) -> str:
    return (
        f"It could not be marked: {killed.allowed_failures + 1} workers, one after the other, have "
        "died while they had it."
    )


def _first_line(error: Exception) -> str:
    words = clean(str(error)).strip().splitlines()
    return words[0].rstrip(".:") if words else type(error).__name__
