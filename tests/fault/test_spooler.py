"""What a hundred lives of the kiosk leave behind at a cupsd that outlives them all."""

from __future__ import annotations

import cups
import pytest

from hardware.cups_spooler import CupsSpooler
from hardware.virtual.cups import PrivateCups

ROOM = 100
"""MaxSubscriptions of cupsd, unless its configuration says otherwise."""


@pytest.fixture
def private(tmp_path):
    with PrivateCups(tmp_path) as private:
        yield private


async def test_subscriptions_of_dead_processes_leave_room_for_the_living(private):
    earlier = cups.Connection(host=private.server)
    for _ in range(ROOM):
        earlier.createSubscription("/", events=["job-created"], lease_duration=86_400)
    spooler = CupsSpooler(private.server, "lobby")
    first = await spooler.events()
    assert await spooler.events() == first
    assert len(earlier.getSubscriptions("/")) == 1


async def test_a_lease_that_has_run_out_is_no_fault_and_counts_as_an_event(private):
    spooler = CupsSpooler(private.server, "lobby")
    first = await spooler.events()
    other = cups.Connection(host=private.server)
    other.cancelSubscription(other.getSubscriptions("/")[0]["notify-subscription-id"])
    assert await spooler.events() > first
