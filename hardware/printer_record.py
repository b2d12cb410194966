"""What a printer says of itself and its jobs (RFC 8011, PWG 5100.1, 5100.9, 5100.13), in the kiosk's terms. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from hardware.ipp import Attributes, Value
from hardware.protocols import (
    Fitness,
    Health,
    JobRecord,
    JobState,
    PrinterCapabilities,
    PrintOrder,
    Sides,
    Staple,
    Supply,
    sheets_of,
)

CAPABILITY_NAMES = (
    "media-ready",
    "media-supported",
    "sides-supported",
    "color-supported",
    "print-color-mode-supported",
    "finishings-supported",
    "copies-supported",
    "document-format-supported",
)
HEALTH_NAMES = ("printer-state", "printer-state-reasons", "printer-alert", "printer-supply", "printer-input-tray")
JOB_NAMES = (
    "job-id",
    "job-uuid",
    "job-name",
    "job-state",
    "job-state-reasons",
    "job-impressions",
    "job-impressions-completed",
    "job-media-sheets-completed",
    "date-time-at-creation",
    "time-at-creation",
    "copies",
    "sides",
)

_PROCESSING, _STOPPED = 4, 5
_LOW_PERCENT = 10


class Stops(Enum):
    """When a reason means that no paper comes until a person has acted."""

    ALWAYS = "always"
    WHEN_SEVERE = "when-severe"


# printer-state-reasons without their severity suffix: message key, place, when it stops the work.
TROUBLES: dict[str, tuple[str, str | None, Stops]] = {
    "media-jam": ("printer.media-jam", "paper-path", Stops.ALWAYS),
    "cover-open": ("printer.cover-open", "cover", Stops.ALWAYS),
    "door-open": ("printer.door-open", "door", Stops.ALWAYS),
    "interlock-open": ("printer.door-open", "door", Stops.ALWAYS),
    "input-tray-missing": ("printer.tray-missing", "tray", Stops.ALWAYS),
    "output-tray-missing": ("printer.tray-missing", "output", Stops.ALWAYS),
    "media-needed": ("printer.media-empty", "tray", Stops.ALWAYS),
    # One empty tray of several is an everyday warning; it stops the work when the printer says so or all are empty.
    "media-empty": ("printer.media-empty", "tray", Stops.WHEN_SEVERE),
    "toner-empty": ("printer.toner-empty", "toner", Stops.WHEN_SEVERE),
    "marker-supply-empty": ("printer.toner-empty", "toner", Stops.WHEN_SEVERE),
    "marker-waste-full": ("printer.waste-full", "toner", Stops.WHEN_SEVERE),
    "output-area-full": ("printer.output-full", "output", Stops.WHEN_SEVERE),
    "fuser-over-temp": ("printer.overheated", "fuser", Stops.WHEN_SEVERE),
    "spool-area-full": ("printer.memory-full", None, Stops.WHEN_SEVERE),
    "paused": ("printer.paused", "panel", Stops.ALWAYS),
}
WARNINGS = {
    "media-low": "printer.media-low",
    "media-empty": "printer.media-low",
    "toner-low": "printer.toner-low",
    "toner-empty": "printer.toner-low",
    "marker-supply-low": "printer.toner-low",
    "marker-supply-empty": "printer.toner-low",
    "marker-waste-almost-full": "printer.waste-almost-full",
    "marker-waste-full": "printer.waste-almost-full",
    "output-area-almost-full": "printer.output-almost-full",
}
# Every other key of the printer, for the translators.
OTHER_KEYS = (
    "printer.stopped",
    "printer.offline",
    "printer.spooler-down",
    "printer.queue-missing",
    "printer.submit-unknown",
    "printer.cancel-unknown",
    "printer.job-aborted",
    "printer.document-refused",
    "printer.unsupported.media",
    "printer.unsupported.sides",
    "printer.unsupported.colour",
    "printer.unsupported.copies",
    "printer.unsupported.staple",
    "printer.unsupported.document",
)
MESSAGE_KEYS = tuple(sorted({key for key, _, _ in TROUBLES.values()} | set(WARNINGS.values()) | set(OTHER_KEYS)))

_SUFFIXES = ("-error", "-warning", "-report")
# printer-alert "group" (RFC 3805 prtAlertGroup) is a better place than the reason alone gives.
_ALERT_PLACES = {
    "input": "tray",
    "output": "output",
    "mediaPath": "paper-path",
    "cover": "cover",
    "finDevice": "stapler",
}

T = TypeVar("T")


def capabilities_of(attributes: Attributes) -> PrinterCapabilities:
    """Media that are loaded where the printer knows it, else those it can take."""
    ready = tuple(_texts(attributes, "media-ready"))
    sides = {Sides(value) for value in _texts(attributes, "sides-supported") if value in {one.value for one in Sides}}
    staples = {Staple(value) for value in _numbers(attributes, "finishings-supported") if value in set(_STAPLES)}
    modes = set(_texts(attributes, "print-color-mode-supported"))
    coloured = True in attributes.get("color-supported", []) and (not modes or "color" in modes)
    most = [value[1] for value in attributes.get("copies-supported", []) if isinstance(value, tuple)]
    return PrinterCapabilities(
        media=ready or tuple(_texts(attributes, "media-supported")),
        sides=frozenset(sides | {Sides.ONE}),
        colour=coloured,
        staples=frozenset(staples | {Staple.NONE}),
        copies_most=max([*most, *_numbers(attributes, "copies-supported"), 1]),
        formats=frozenset(_texts(attributes, "document-format-supported")),
    )


_STAPLES = tuple(one.value for one in Staple)


def trouble_of(attributes: Attributes) -> tuple[str, str | None] | None:
    """Message key and place of what keeps the printer from printing; None when nothing does."""
    stopped = _STOPPED in attributes.get("printer-state", [])
    for reason, severe in _reasons(attributes):
        if reason in TROUBLES:
            key, place, stops = TROUBLES[reason]
            if stops is Stops.ALWAYS or severe or stopped or (reason == "media-empty" and _no_paper(attributes)):
                return key, _alert_place(attributes) or _empty_tray(attributes, place)
    return ("printer.stopped", _alert_place(attributes)) if stopped else None


def health_of(attributes: Attributes) -> Health:
    """One snapshot; the caller knows whether the printer is reachable."""
    trouble = trouble_of(attributes)
    supplies = (*_supplies(attributes), *_trays(attributes))
    warned = {WARNINGS[reason] for reason, _ in _reasons(attributes) if reason in WARNINGS}
    if any(_is_low(supply) for supply in _supplies(attributes)):
        warned.add("printer.toner-low")
    warnings = tuple(sorted(warned))
    if trouble is not None:
        return Health(Fitness.NEEDS_PERSON, trouble[0], trouble[1], warnings, supplies)
    busy = _PROCESSING in attributes.get("printer-state", [])
    return Health(Fitness.BUSY if busy else Fitness.READY, warnings=warnings, supplies=supplies)


@dataclass(frozen=True)
class JobEntry:
    """One job in the printer's own list. ``identity`` differs between two jobs even across a restart of the printer.

    ``impressions`` is the size of one set, ``completed`` counts all sets; None where the printer does not tell.
    """

    job_id: int
    identity: tuple[Value, ...]
    name: str
    state: int
    reasons: frozenset[str]
    impressions: int | None
    completed: int | None
    sheets: int | None
    copies: int | None
    sides: Sides | None

    @property
    def ended(self) -> bool:
        return self.state in _ENDED

    @property
    def awaits_document(self) -> bool:
        return self.state == _HELD

    @property
    def stopping(self) -> bool:
        """Cancelled, but a sheet is still on its way."""
        return "processing-to-stop-point" in self.reasons


_HELD = 4
_ENDED = {7: JobState.CANCELLED, 8: JobState.ABORTED, 9: JobState.COMPLETED}
_GOING = {3: JobState.PENDING, 4: JobState.PENDING, 5: JobState.PRINTING, 6: JobState.STOPPED}
_DOCUMENT_FAULTS = frozenset(
    {
        "document-format-error",
        "document-unprintable-error",
        "unsupported-document-format",
        "document-password-error",
        "document-access-error",
    }
)


def entries_of(jobs: list[Attributes], name: str) -> list[JobEntry]:
    """The jobs of that name, the first submitted first."""
    found = [_entry(job) for job in jobs if name in job.get("job-name", [])]
    return sorted(found, key=lambda entry: entry.job_id)


def record_of(entry: JobEntry, order: PrintOrder | None, trouble: tuple[str, str | None] | None) -> JobRecord:
    """What is proven of the job. ``order`` helps where the printer's own record leaves something out."""
    sheets = _proven_sheets(entry, order)
    if entry.ended:
        return JobRecord(_ENDED[entry.state], sheets, _end_reason(entry))
    if trouble is not None:
        return JobRecord(JobState.STOPPED, sheets, *trouble)
    state = _GOING.get(entry.state, JobState.PENDING)
    return JobRecord(state, sheets, "printer.stopped" if state is JobState.STOPPED else None)


def sheets_from_impressions(completed: int, in_a_set: int | None, sides: Sides) -> int:
    """Whole sheets that carry ``completed`` impressions, each set of ``in_a_set`` beginning on a sheet of its own.

    A sheet printed on its front only does not count until its back is, except the last odd one of a set.
    """
    if sides is Sides.ONE:
        return completed
    if not in_a_set:
        return completed // 2
    sets, rest = divmod(completed, in_a_set)
    return sets * sheets_of(in_a_set, sides) + rest // 2


def _proven_sheets(entry: JobEntry, order: PrintOrder | None) -> int:
    if entry.sheets is not None:
        return entry.sheets
    if entry.completed is None:
        # A printer that counts nothing can still be believed when it says that all of it came out.
        return order.sheets if order and entry.state == 9 else 0
    sides = order.options.sides if order else entry.sides or Sides.ONE
    return sheets_from_impressions(entry.completed, _in_a_set(entry, order), sides)


def _in_a_set(entry: JobEntry, order: PrintOrder | None) -> int | None:
    """job-impressions is to be without copies (RFC 8011 §5.3.18.2); some printers multiply, some do not tell at all."""
    if order is None or not entry.impressions:
        return entry.impressions or (order.pages if order else None)
    multiplied = entry.copies == order.options.copies and entry.impressions == order.pages * order.options.copies
    return order.pages if multiplied else entry.impressions


def _end_reason(entry: JobEntry) -> str | None:
    if _ENDED[entry.state] is not JobState.ABORTED:
        return None
    return "printer.document-refused" if entry.reasons & _DOCUMENT_FAULTS else "printer.job-aborted"


def _entry(job: Attributes) -> JobEntry:
    sides = _one(job, "sides", str)
    return JobEntry(
        job_id=_one(job, "job-id", int) or 0,
        identity=tuple(_one(job, name, object) for name in ("job-uuid", "job-id", "date-time-at-creation")),  # type: ignore[misc]
        name=_one(job, "job-name", str) or "",
        state=_one(job, "job-state", int) or 0,
        reasons=frozenset(_texts(job, "job-state-reasons")),
        impressions=_one(job, "job-impressions", int),
        completed=_one(job, "job-impressions-completed", int),
        sheets=_one(job, "job-media-sheets-completed", int),
        copies=_one(job, "copies", int),
        sides=Sides(sides) if sides in {one.value for one in Sides} else None,
    )


def _reasons(attributes: Attributes) -> Iterator[tuple[str, bool]]:
    """Each reason without its suffix, and whether it is an error (RFC 8011 §5.4.12: no suffix means error)."""
    for text in _texts(attributes, "printer-state-reasons"):
        bare = next((text.removesuffix(end) for end in _SUFFIXES if text.endswith(end)), text)
        yield bare, bare == text or text.endswith("-error")


def _supplies(attributes: Attributes) -> list[Supply]:
    found = []
    for text in _texts(attributes, "printer-supply"):
        parts = _pairs(text)
        kind = "waste" if parts.get("class") == "receptacleThatIsFilled" else parts.get("type", "supply")
        colour = parts.get("colorantname", "unknown")
        found.append(Supply(kind if colour in ("unknown", "none") else f"{kind}-{colour}", _percent(parts)))
    return found


def _is_low(supply: Supply) -> bool:
    return supply.kind != "waste" and supply.level is not None and supply.level <= _LOW_PERCENT


def _trays(attributes: Attributes) -> list[Supply]:
    trays = (_pairs(text) for text in _texts(attributes, "printer-input-tray"))
    return [Supply(f"paper-{parts['name']}", _percent(parts)) for parts in trays if "name" in parts]


def _no_paper(attributes: Attributes) -> bool:
    trays = _trays(attributes)
    return bool(trays) and all(tray.level == 0 for tray in trays)


def _empty_tray(attributes: Attributes, place: str | None) -> str | None:
    """The tray by its name where exactly one is known to be empty."""
    empty = [tray.kind.removeprefix("paper-") for tray in _trays(attributes) if tray.level == 0]
    return empty[0] if place == "tray" and len(empty) == 1 else place


def _alert_place(attributes: Attributes) -> str | None:
    alerts = map(_pairs, _texts(attributes, "printer-alert"))
    groups = [parts.get("group", "") for parts in alerts if parts.get("severity") == "critical"]
    return next((_ALERT_PLACES[group] for group in groups if group in _ALERT_PLACES), None)


def _percent(parts: dict[str, str]) -> int | None:
    """Negative numbers mean "unknown" or "some" (RFC 3805)."""
    try:
        level, most = int(parts.get("level", "-2")), int(parts.get("maxcapacity", "-2"))
    except ValueError:
        return None
    return min(100, 100 * level // most) if level >= 0 and most > 0 else None


def _pairs(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(";") if "=" in part)


def _texts(attributes: Attributes, name: str) -> list[str]:
    return [value for value in attributes.get(name, []) if isinstance(value, str)]


def _numbers(attributes: Attributes, name: str) -> list[int]:
    return [value for value in attributes.get(name, []) if isinstance(value, int)]


def _one(attributes: Attributes, name: str, kind: type[T]) -> T | None:
    return next((value for value in attributes.get(name, []) if isinstance(value, kind)), None)
