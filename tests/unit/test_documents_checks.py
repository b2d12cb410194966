"""The page checks on generated pages, and what they get right and wrong of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from hardware.virtual.originals import MAKERS
from kiosk.documents.checks import check
from kiosk.documents.findings import Finding
from tests.documents_kit import DPI, cut_off, letter, samples, scanned, skewed

UNSEEN = 1000
"""The checks were tuned on pages from seed 0."""


@dataclass(frozen=True)
class Judged:
    name: str
    deserved: frozenset[str]
    got: frozenset[str]


def checked(picture: Image.Image, folder: Path) -> list[Finding]:
    path = folder / "page.jpg"
    picture.save(path, quality=88, dpi=(DPI, DPI))
    return check(path)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> list[Judged]:
    folder = tmp_path_factory.mktemp("pages")
    return [
        Judged(page.name, page.kinds, frozenset(finding.kind.value for finding in checked(page.picture, folder)))
        for page in samples(UNSEEN)
    ]


def test_there_are_enough_pages_to_tell(judged: list[Judged]) -> None:
    faulty = Counter(kind for page in judged for kind in page.deserved)
    assert len(judged) >= 90
    assert min(faulty.values()) >= 9
    assert sum(not page.deserved for page in judged) >= 50


def test_clean_pages_get_no_warning(judged: list[Judged]) -> None:
    assert [(page.name, page.got) for page in judged if not page.deserved and page.got] == []


@pytest.mark.parametrize("kind", ["blank", "faint", "skewed", "cut-off"])
def test_faulty_pages_get_their_warning_and_no_other(judged: list[Judged], kind: str) -> None:
    assert [(page.name, page.got) for page in judged if kind in page.deserved and page.got != page.deserved] == []


@pytest.mark.parametrize("name", list(MAKERS))
def test_the_demonstration_originals_get_the_warning_they_are_made_for(tmp_path: Path, name: str) -> None:
    platen = Image.new("RGB", (2550, 3508), "white")
    platen.paste(MAKERS[name](), (0, 0))
    kinds = [finding.kind.value for finding in checked(platen.reduce(2), tmp_path)]
    assert kinds == ([] if name in ("letter", "table", "picture") else [name])


@pytest.mark.parametrize("degrees", [-5.0, -2.5, 1.5, 4.0])
def test_the_angle_is_told_within_a_third_of_a_degree(tmp_path: Path, degrees: float) -> None:
    page = letter(5).rotate(-degrees, Image.Resampling.BICUBIC, fillcolor="white")
    (finding,) = checked(scanned(page, 0), tmp_path)
    assert finding.value == pytest.approx(degrees, abs=0.35)


def test_a_slight_angle_is_no_fault(tmp_path: Path) -> None:
    assert checked(scanned(letter(5).rotate(0.6, fillcolor="white"), 0), tmp_path) == []


@pytest.mark.parametrize(
    ("seed", "side"), [(0, "left"), (1, "right"), (2, "top"), (3, "bottom")], ids=["left", "right", "top", "bottom"]
)
def test_the_box_lies_along_the_edge_that_cuts(tmp_path: Path, seed: int, side: str) -> None:
    (finding,) = checked(scanned(cut_off(seed), 0), tmp_path)
    x, y, width, height = finding.box
    assert finding.value >= 3
    distance = {"left": x, "right": 1 - x - width, "top": y, "bottom": 1 - y - height}
    assert distance[side] == pytest.approx(0.0, abs=0.001)
    assert min(width, height) < 0.1


def test_the_box_of_a_faint_page_holds_the_writing(tmp_path: Path) -> None:
    page = Image.new("RGB", (1275, 1754), "white")
    ImageDraw.Draw(page).rectangle((255, 350, 510, 700), outline=(215, 215, 215), width=12)
    (finding,) = checked(page, tmp_path)
    assert finding.kind == "faint"
    assert finding.box == pytest.approx((0.2, 0.2, 0.2, 0.2), abs=0.01)


def test_a_page_may_be_faint_and_skewed(tmp_path: Path) -> None:
    page = Image.blend(Image.new("RGB", (1240, 1754), "white"), skewed(1), 0.2)
    assert {finding.kind.value for finding in checked(scanned(page, 0), tmp_path)} == {"faint", "skewed"}


def test_no_picture_at_all_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / "page.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    with pytest.raises(OSError):
        check(broken)
