"""The one queue at cupsd through pycups: it brings jobs to the printer and is believed in nothing else.

pycups releases the GIL but may block for ever on a hung cupsd, so its calls run on a thread of their own and every
coroutine here ends in bounded time. A ``cups.Connection`` belongs to its thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import cups

from hardware.protocols import OutcomeUnknown, TryLater, Unsupported
from hardware.worker import Worker

T = TypeVar("T")

ANSWER_S = 2.0
SUBMIT_S = 5.0
_SLOWEST_BYTES_PER_S = 2_000_000
_CHUNK = 256 * 1024
_LEASE_S = 86_400
_EVENTS = ["job-created", "job-state-changed", "job-completed", "job-stopped", "server-restarted"]
_TOO_MANY_SUBSCRIPTIONS = 0x0415  # RFC 3995 §13.2
_STOPPED_QUEUE = 5
# Client errors of RFC 8011 §B.1.4: cupsd has understood the request and does not do it.
_REFUSALS = range(0x0400, 0x0500)


class SpoolerDown(TryLater):
    """cupsd does not answer, or not in time."""

    def __init__(self) -> None:
        super().__init__("printer.spooler-down")


class SpoolState(Enum):
    """Where a job stands at cupsd. HELD_BACK is what cupsd calls stopped: a filter failed, it would stay for ever."""

    WAITING = "waiting"
    SENDING = "sending"
    HELD_BACK = "held-back"
    FAILED = "failed"
    DONE = "done"


_STATES = {
    3: SpoolState.WAITING,
    # Nobody here holds a job: one that is held once it was submitted has lost its document in a crash of cupsd.
    4: SpoolState.FAILED,
    5: SpoolState.SENDING,
    6: SpoolState.HELD_BACK,
    7: SpoolState.FAILED,
    8: SpoolState.FAILED,
    9: SpoolState.DONE,
}


@dataclass(frozen=True)
class SpoolJob:
    """``begun`` (seconds since 1970) changes when cupsd starts a job anew, as it does after its own restart."""

    job_id: int
    name: str
    state: SpoolState
    begun: int | None


class _Ticket:
    """Settles between two threads whether a submission may still be withdrawn or is past the point of no return."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._decided: str | None = None

    def withdraw(self) -> bool:
        return self._decide("withdrawn")

    def seal(self) -> bool:
        return self._decide("sealed")

    @property
    def withdrawn(self) -> bool:
        return self._decided == "withdrawn"

    def _decide(self, how: str) -> bool:
        with self._lock:
            self._decided = self._decided or how
            return self._decided == how


class CupsSpooler:
    """``server`` is a socket path or a host. Every method raises SpoolerDown rather than wait longer than it should."""

    def __init__(self, server: str, queue: str) -> None:
        self._server = server
        self._queue = queue
        self._worker = Worker(f"cups-{queue}")
        self._connection: Any = None
        self._subscription = 0
        self._next_event = 1
        self._events = 0

    async def prepare(self) -> None:
        """The queue exists and moves. Raises TryLater("printer.queue-missing")."""
        await self._ask(self._prepare)

    async def submit(self, name: str, document: Path, options: Mapping[str, str]) -> None:
        """Hand over one PDF. Raises SpoolerDown or Unsupported when nothing will be printed, else OutcomeUnknown."""
        ticket = _Ticket()
        size = (await asyncio.to_thread(document.stat)).st_size
        seconds = SUBMIT_S + size / _SLOWEST_BYTES_PER_S
        try:
            await self._ask(lambda connection: self._submit(connection, ticket, name, document, options), seconds)
        except SpoolerDown as down:
            if ticket.withdraw():
                raise
            raise OutcomeUnknown("printer.submit-unknown") from down
        finally:
            ticket.withdraw()

    async def jobs(self) -> list[SpoolJob]:
        """Every job of the queue that cupsd remembers."""
        return await self._ask(self._jobs)

    async def events(self) -> int:
        """How much has happened at cupsd so far: a number that grows. Far cheaper to ask for than the jobs."""
        return await self._ask(self._count_events)

    async def forget(self, wanted: Callable[[str], bool]) -> set[str]:
        """Cancel and delete, with its document, every job whose name is ``wanted``; the names there were.

        A job that is just being sent stays, cancelled, until its backend has ended: ask again until none is left.
        """
        return await self._ask(lambda connection: self._forget(connection, wanted))

    async def _ask(self, question: Callable[[Any], T], seconds: float = ANSWER_S) -> T:
        try:
            return await self._worker.call(seconds, self._answer, question)
        except TimeoutError as late:
            raise SpoolerDown from late

    # From here on: on the worker's thread.

    def _answer(self, question: Callable[[Any], T]) -> T:
        try:
            if self._connection is None:
                self._connection = cups.Connection(host=self._server)
            return question(self._connection)
        except (RuntimeError, cups.IPPError, cups.HTTPError) as lost:
            self._connection = None
            raise SpoolerDown from lost

    def _prepare(self, connection: Any) -> None:
        names = ["printer-state", "printer-is-accepting-jobs"]
        try:
            queue = connection.getPrinterAttributes(self._queue, requested_attributes=names)
        except cups.IPPError as refusal:
            if refusal.args[0] == cups.IPP_NOT_FOUND:
                raise TryLater("printer.queue-missing") from refusal
            raise
        if queue["printer-state"] == _STOPPED_QUEUE:
            connection.enablePrinter(self._queue)
        if not queue["printer-is-accepting-jobs"]:
            connection.acceptJobs(self._queue)

    def _submit(self, connection: Any, ticket: _Ticket, name: str, document: Path, options: Mapping[str, str]) -> None:
        if ticket.withdrawn:
            return
        job_id = connection.createJob(self._queue, name, dict(options))
        with document.open("rb") as source:
            connection.startDocument(self._queue, job_id, name, "application/pdf", 1)
            while (chunk := source.read(_CHUNK)) and not ticket.withdrawn:
                connection.writeRequestData(chunk, len(chunk))
        if ticket.seal():
            try:
                connection.finishDocument(self._queue)
            except cups.IPPError as refusal:
                if refusal.args[0] not in _REFUSALS:
                    raise
                connection.cancelJob(job_id, purge_job=True)
                raise Unsupported("printer.unsupported.document") from refusal
            return
        # A document cut off in the middle of a request cannot be continued or closed: only dropped with its connection.
        self._connection = cups.Connection(host=self._server)
        self._connection.cancelJob(job_id, purge_job=True)

    def _jobs(self, connection: Any) -> list[SpoolJob]:
        names = ["job-id", "job-name", "job-state", "job-printer-uri", "time-at-processing"]
        found = connection.getJobs(which_jobs="all", my_jobs=False, requested_attributes=names)
        return [
            SpoolJob(job_id, job.get("job-name", ""), _STATES[job["job-state"]], job.get("time-at-processing"))
            for job_id, job in sorted(found.items())
            if job["job-printer-uri"].endswith(f"/{self._queue}")
        ]

    def _count_events(self, connection: Any) -> int:
        if not self._subscription:
            self._subscribe(connection)
        try:
            events = connection.getNotifications([self._subscription], [self._next_event])["events"]
        except (RuntimeError, cups.IPPError, cups.HTTPError) as lost:
            self._subscription = 0
            if not isinstance(lost, cups.IPPError) or lost.args[0] != cups.IPP_NOT_FOUND:
                raise
            self._subscribe(connection)  # the lease has run out; what happened meanwhile counts as an event
            return self._events
        if events:
            self._next_event = events[-1]["notify-sequence-number"] + 1
            self._events += len(events)
        return self._events

    def _subscribe(self, connection: Any) -> None:
        """cupsd has room for a hundred subscriptions (MaxSubscriptions) and keeps those of dead processes for a day."""
        try:
            self._subscription = connection.createSubscription("/", events=_EVENTS, lease_duration=_LEASE_S)
        except cups.IPPError as refusal:
            if refusal.args[0] != _TOO_MANY_SUBSCRIPTIONS:
                raise
            for old in connection.getSubscriptions("/", my_subscriptions=True):
                connection.cancelSubscription(old["notify-subscription-id"])
            self._subscription = connection.createSubscription("/", events=_EVENTS, lease_duration=_LEASE_S)
        self._next_event = 1
        self._events += 1

    def _forget(self, connection: Any, wanted: Callable[[str], bool]) -> set[str]:
        found = [job for job in self._jobs(connection) if wanted(job.name)]
        for job in found:
            try:
                connection.cancelJob(job.job_id, purge_job=True)
            except cups.IPPError as refusal:
                if refusal.args[0] not in (cups.IPP_NOT_FOUND, cups.IPP_NOT_POSSIBLE):
                    raise
        return {job.name for job in found}
