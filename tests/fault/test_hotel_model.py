"""The link against a hotel system that does anything an interface ever did, in any order, with kills between.

For each charge the folio has it once, or it is not on the room for certain and somebody has been told; and it is never
on the folio of somebody else once the link had been told where the signer went. Where a person's word was wrong, staff
are told as soon as the answers that show it have come. At the end, when all is well and a person has looked at what was
in doubt, nothing is open. Longer: ``hotel_campaign``.
"""

from __future__ import annotations

import pytest

from tests.fault.hotel_machine import run

SEQUENCES = 130
SHARES = 8
"""In each way of posting: 2,080 sequences in all, the same at every run."""


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("mode", ["room", "guest"])
def test_each_charge_is_on_the_folio_once_or_somebody_was_told(mode, share):
    ends = run(mode, sequences=SEQUENCES, begin=share)
    assert ends["delivered"] > SEQUENCES
    assert ends["refused"] > 0
    assert ends["kills"] > 0
