"""What vendors call things, as their SANE backends spell it."""

from __future__ import annotations

import pytest

from hardware.protocols import Source, Tone
from hardware.sane_options import longest, modes, resolutions, sources


@pytest.mark.parametrize(
    ("names", "understood"),
    [
        (["Flatbed", "ADF"], {Source.GLASS: "Flatbed", Source.FEEDER: "ADF"}),
        (
            ["Flatbed", "Automatic Document Feeder"],
            {Source.GLASS: "Flatbed", Source.FEEDER: "Automatic Document Feeder"},
        ),
        (["ADF Front", "ADF Back", "ADF Duplex"], {Source.FEEDER: "ADF Front"}),
        (["Flatbed", "ADF", "ADF Duplex"], {Source.GLASS: "Flatbed", Source.FEEDER: "ADF"}),
        (
            ["Document Table", "Automatic Document Feeder"],
            {Source.GLASS: "Document Table", Source.FEEDER: "Automatic Document Feeder"},
        ),
        (["Normal", "ADF"], {Source.GLASS: "Normal", Source.FEEDER: "ADF"}),
        (
            ["FB", "Automatic Document Feeder(left aligned)"],
            {Source.GLASS: "FB", Source.FEEDER: "Automatic Document Feeder(left aligned)"},
        ),
        (["Flatbed", "Transparency Adapter"], {Source.GLASS: "Flatbed"}),
        (None, {Source.GLASS: None}),
    ],
)
def test_sources(names: list[str] | None, understood: dict[Source, str | None]) -> None:
    assert sources(names) == understood


@pytest.mark.parametrize(
    ("names", "understood"),
    [
        (["Lineart", "Gray", "Color"], {Tone.GREY: "Gray", Tone.COLOUR: "Color"}),
        (["Black & White", "True Gray", "24bit Color"], {Tone.GREY: "True Gray", Tone.COLOUR: "24bit Color"}),
        (["Lineart", "Gray"], {Tone.GREY: "Gray"}),
        (["Color"], {Tone.COLOUR: "Color", Tone.GREY: "Color"}),
        (["Gray[Error Diffusion]", "Gray", "24bit Color[Fast]"], {Tone.GREY: "Gray", Tone.COLOUR: "24bit Color[Fast]"}),
    ],
)
def test_modes(names: list[str], understood: dict[Tone, str]) -> None:
    assert modes(names) == understood


def test_resolutions_of_a_list_and_of_a_range() -> None:
    assert resolutions([600, 75, 300]) == [75, 300, 600]
    assert resolutions((50.0, 600.0, 1.0)) == [75, 100, 150, 200, 240, 300, 400, 600]
    assert resolutions((100.0, 600.0, 100.0)) == [100, 200, 300, 400, 600]
    assert resolutions(None) == [300]


def test_the_far_edge_of_a_length() -> None:
    assert longest((0.0, 215.9, 0.1)) == 215.9
    assert longest([210.0, 297.0]) == 297.0
    assert longest(None) == 0.0
