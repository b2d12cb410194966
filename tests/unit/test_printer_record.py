"""How a printer's own words become proven sheets, health and capabilities."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.printer_record import (
    MESSAGE_KEYS,
    capabilities_of,
    entries_of,
    health_of,
    record_of,
    sheets_from_impressions,
    trouble_of,
)
from hardware.protocols import Fitness, JobRecord, JobState, PrintOptions, PrintOrder, Sides, Staple, Supply, sheets_of
from hardware.virtual.paper_path import sheets_of as sheets_in_order

A4 = "iso_a4_210x297mm"


def order(pages: int, sides: Sides = Sides.ONE, copies: int = 1) -> PrintOrder:
    return PrintOrder("order", Path("order.pdf"), pages, PrintOptions(A4, sides, copies=copies))


def record(wanted: PrintOrder | None, **job: object) -> JobRecord:
    attributes = {"job-id": [1], "job-name": ["order"], "job-state": [5]}
    attributes |= {name.replace("_", "-"): [value] for name, value in job.items()}
    (entry,) = entries_of([attributes], "order")
    return record_of(entry, wanted, None)


# Sheets


@given(st.integers(1, 30), st.integers(1, 9), st.sampled_from(Sides), st.booleans())
def test_sheets_derived_from_impressions_are_the_sheets_that_came_out(pages, copies, sides, collated):
    duplex = sides is not Sides.ONE
    impressions = 0
    # Sorted sets: after each sheet the count of impressions gives exactly the count of sheets.
    for came_out, sheet in enumerate(sheets_in_order(pages, duplex, copies, collated=True), 1):
        impressions += len(sheet)
        assert sheets_from_impressions(impressions, pages, sides) == came_out
    assert came_out == sheets_of(pages, sides) * copies
    assert sum(1 for _ in sheets_in_order(pages, duplex, copies, collated)) == came_out


@pytest.mark.parametrize(("impressions", "sheets"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (6, 4)])
def test_a_sheet_with_its_front_only_does_not_count_unless_it_is_the_last_of_its_set(impressions, sheets):
    assert sheets_from_impressions(impressions, 3, Sides.LONG_EDGE) == sheets


def test_the_printers_own_count_of_sheets_comes_first():
    assert record(order(9), job_media_sheets_completed=4, job_impressions_completed=7).sheets == 4


@pytest.mark.parametrize("said", [3, 6], ids=["one-set", "all-copies"])
def test_the_size_of_the_job_may_or_may_not_contain_the_copies(said):
    job = record(order(3, Sides.LONG_EDGE, 2), job_impressions=said, job_impressions_completed=6, copies=2, job_state=9)
    assert job == JobRecord(JobState.COMPLETED, 4)


def test_sets_padded_to_whole_sheets_by_the_filters_are_counted_as_such():
    job = record(order(3, Sides.LONG_EDGE, 2), job_impressions=8, job_impressions_completed=8, copies=1, job_state=9)
    assert job.sheets == 4


def test_after_a_crash_the_record_alone_is_enough():
    job = record(None, job_impressions=3, job_impressions_completed=5, copies=2, sides="two-sided-long-edge")
    assert job == JobRecord(JobState.PRINTING, 3)


def test_a_printer_that_counts_nothing_proves_only_a_whole_job():
    assert record(order(3, copies=2), job_state=9).sheets == 6
    assert record(order(3, copies=2), job_state=8).sheets == 0
    assert record(None, job_state=9).sheets == 0


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (3, JobState.PENDING),
        (4, JobState.PENDING),
        (5, JobState.PRINTING),
        (6, JobState.STOPPED),
        (7, JobState.CANCELLED),
        (8, JobState.ABORTED),
        (9, JobState.COMPLETED),
    ],
)
def test_each_state_of_a_job_has_its_meaning(state, expected):
    assert record(order(1), job_state=state).state is expected


def test_the_reason_of_an_abortion_is_told():
    assert record(order(1), job_state=8).reason == "printer.job-aborted"
    refused = record(order(1), job_state=8, job_state_reasons="document-format-error")
    assert refused.reason == "printer.document-refused"


def test_two_jobs_of_one_name_are_told_apart_though_the_printer_counts_anew():
    jobs = [
        {"job-id": [1], "job-name": ["order"], "job-uuid": ["urn:uuid:a"], "job-state": [9]},
        {"job-id": [1], "job-name": ["order"], "job-uuid": ["urn:uuid:b"], "job-state": [5]},
        {"job-id": [2], "job-name": ["another"], "job-uuid": ["urn:uuid:c"], "job-state": [5]},
    ]
    first, second = entries_of(jobs, "order")
    assert first.identity != second.identity


# Trouble and health


@pytest.mark.parametrize(
    ("reasons", "state", "expected"),
    [
        (["none"], 3, None),
        (["media-jam-warning"], 4, ("printer.media-jam", "paper-path")),
        (["media-jam"], 5, ("printer.media-jam", "paper-path")),
        (["toner-low-report", "cover-open-report"], 3, ("printer.cover-open", "cover")),
        (["media-empty-report"], 3, None),
        (["media-empty-error"], 3, ("printer.media-empty", "tray")),
        (["media-empty-warning"], 5, ("printer.media-empty", "tray")),
        (["toner-empty-warning"], 4, None),
        (["toner-empty-error"], 4, ("printer.toner-empty", "toner")),
        (["vendor-mystery-error"], 5, ("printer.stopped", None)),
        (["vendor-mystery-error"], 3, None),
    ],
)
def test_what_stops_the_work_is_known_from_what_only_warns(reasons, state, expected):
    assert trouble_of({"printer-state-reasons": reasons, "printer-state": [state]}) == expected


def test_the_alert_names_the_place_better_than_the_reason():
    alert = "code=jam;severity=critical;group=output;groupindex=1"
    attributes = {"printer-state-reasons": ["media-jam"], "printer-state": [5], "printer-alert": [alert]}
    assert trouble_of(attributes) == ("printer.media-jam", "output")


def test_the_one_empty_tray_is_named():
    trays = ["maxcapacity=250;level=0;name=tray-2;", "maxcapacity=250;level=200;name=main;"]
    attributes = {"printer-state-reasons": ["media-needed"], "printer-state": [4], "printer-input-tray": trays}
    assert trouble_of(attributes) == ("printer.media-empty", "tray-2")


def test_levels_that_the_printer_does_not_know_are_unknown():
    supplies = ["class=supplyThatIsConsumed;type=toner;maxcapacity=-2;level=-3;colorantname=black;", "level=x", ""]
    health = health_of({"printer-state": [3], "printer-supply": supplies})
    assert health.supplies == (Supply("toner-black", None), Supply("supply", None), Supply("supply", None))
    assert (health.fitness, health.warnings) == (Fitness.READY, ())


@given(
    st.dictionaries(
        st.sampled_from(
            ["printer-state", "printer-state-reasons", "printer-supply", "printer-input-tray", "printer-alert"]
        ),
        st.lists(st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=30), st.tuples(st.integers()))),
    )
)
def test_whatever_a_printer_says_health_is_told(attributes):
    health = health_of(attributes)
    assert isinstance(health.fitness, Fitness)
    assert {health.reason, *health.warnings} - {None} <= set(MESSAGE_KEYS)


# Capabilities


def test_a_printer_that_tells_little_can_do_little():
    can = capabilities_of({})
    assert (can.media, can.sides, can.colour, can.staples, can.copies_most) == (
        (),
        {Sides.ONE},
        False,
        {Staple.NONE},
        1,
    )


def test_loaded_paper_counts_before_what_could_be_loaded():
    assert capabilities_of({"media-ready": ["a"], "media-supported": ["a", "b"]}).media == ("a",)
    assert capabilities_of({"media-ready": [None], "media-supported": ["a", "b"]}).media == ("a", "b")


def test_colour_needs_both_the_ability_and_the_mode():
    assert capabilities_of({"color-supported": [True]}).colour
    assert not capabilities_of({"color-supported": [True], "print-color-mode-supported": ["monochrome"]}).colour
    assert not capabilities_of({"color-supported": [False], "print-color-mode-supported": ["color"]}).colour
