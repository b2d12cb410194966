"""Scanned pages become a print-ready PDF, looked at with a renderer that had no part in making it."""

from __future__ import annotations

import subprocess
from itertools import pairwise
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from kiosk.documents.compose import compose
from kiosk.documents.errors import DocumentError
from kiosk.documents.layout import FIT, CopyLayout, paper_size, place, repeated, tone_table
from kiosk.documents.preview import preview

A4 = "iso_a4_210x297mm"
DPI = 100


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A4 at 100 dpi: a black frame 10 mm from the edges, a red square top left, mid grey in the middle."""
    picture = Image.new("RGB", (827, 1169), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((39, 39, 788, 1130), outline="black", width=4)
    draw.rectangle((80, 80, 180, 180), fill="red")
    draw.rectangle((363, 534, 463, 634), fill=(128, 128, 128))
    path = tmp_path / "page-0001.jpg"
    picture.save(path, quality=95, subsampling=0, dpi=(DPI, DPI))
    return path


def printed(pdf: Path, number: int = 1) -> Image.Image:
    """A page as poppler draws it, 100 dpi."""
    out = pdf.with_suffix("")
    subprocess.run(
        ["pdftoppm", "-r", str(DPI), "-f", str(number), "-l", str(number), "-singlefile", str(pdf), str(out)],
        check=True,
    )
    with Image.open(out.with_suffix(".ppm")) as picture:
        return picture.convert("RGB")


def dark_box(picture: Image.Image) -> tuple[int, int, int, int]:
    return picture.convert("L").point(lambda value: 255 if value < 100 else 0).getbbox() or (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("media", "points"),
    [
        (A4, (595.28, 841.89)),
        ("iso_a3_297x420mm", (841.89, 1190.55)),
        ("jis_b5_182x257mm", (515.91, 728.50)),
        ("na_letter_8.5x11in", (612.0, 792.0)),
    ],
)
def test_paper_sizes_come_from_their_names(media: str, points: tuple[float, float]) -> None:
    assert paper_size(media) == pytest.approx(points, abs=0.01)


def test_a_name_without_a_size_is_an_error() -> None:
    with pytest.raises(DocumentError) as refusal:
        paper_size("a4")
    assert refusal.value.key == "documents.media"


def test_an_unchanged_page_goes_through_byte_for_byte(page: Path, tmp_path: Path) -> None:
    done = compose([page], CopyLayout(A4), tmp_path / "out.pdf")
    assert done.pages == 1
    assert page.read_bytes() in done.path.read_bytes()


def test_a_copy_at_full_size_lies_where_the_original_lay(page: Path, tmp_path: Path) -> None:
    sheet = printed(compose([page], CopyLayout(A4), tmp_path / "out.pdf").path)
    assert sheet.size == (827, 1170)
    assert dark_box(sheet) == pytest.approx((39, 39, 789, 1131), abs=2)


def test_a_half_size_copy_is_centred_on_white(page: Path, tmp_path: Path) -> None:
    sheet = printed(compose([page], CopyLayout(A4, scale=50), tmp_path / "out.pdf").path)
    assert dark_box(sheet) == pytest.approx((226, 312, 601, 858), abs=3)
    assert sheet.getpixel((100, 100)) == (255, 255, 255)


def test_a_double_size_copy_keeps_its_top_left_corner(page: Path, tmp_path: Path) -> None:
    sheet = printed(compose([page], CopyLayout(A4, scale=200), tmp_path / "out.pdf").path)
    red, green, _ = sheet.getpixel((260, 260))
    assert (red > 200, green < 60) == (True, True)


def test_fit_fills_a_larger_paper(page: Path, tmp_path: Path) -> None:
    sheet = printed(compose([page], CopyLayout("iso_a3_297x420mm", scale=FIT), tmp_path / "out.pdf").path)
    assert sheet.size == (1170, 1654)
    assert dark_box(sheet) == pytest.approx((55, 55, 1115, 1599), abs=4)


def test_fit_shrinks_to_a_smaller_paper_without_distortion(page: Path, tmp_path: Path) -> None:
    left, top, right, bottom = dark_box(
        printed(compose([page], CopyLayout("jis_b5_182x257mm", scale=FIT), tmp_path / "out.pdf").path)
    )
    assert left > 0
    assert (bottom - top) / (right - left) == pytest.approx(1092 / 750, rel=0.01)


def test_a_platen_wider_than_the_paper_does_not_move_the_original() -> None:
    at = place((2550, 3508), (300, 300), CopyLayout(A4))
    assert at.x == 0
    assert at.y + at.height == pytest.approx(paper_size(A4)[1])


@pytest.mark.parametrize("darkness", [-2, -1, 1, 2])
def test_darkness_moves_the_middle_only(page: Path, tmp_path: Path, darkness: int) -> None:
    sheet = printed(compose([page], CopyLayout(A4, darkness=darkness), tmp_path / "out.pdf").path)
    middle = sheet.getpixel((413, 584))[0]
    assert middle == pytest.approx(255 * (128 / 255) ** (2 ** (darkness / 4)), abs=4)
    assert sheet.getpixel((10, 10)) == (255, 255, 255)


def test_every_step_is_darker_than_the_one_before() -> None:
    tables = [tone_table(darkness) for darkness in (-2, -1, 0, 1, 2)]
    assert tables[2] == list(range(256))
    for lighter, darker in pairwise(tables):
        assert lighter[128] - darker[128] >= 10
        assert (darker[0], darker[255]) == (0, 255)


def test_grey_leaves_no_colour(page: Path, tmp_path: Path) -> None:
    done = compose([page], CopyLayout(A4, grey=True), tmp_path / "out.pdf")
    with pikepdf.open(done.path) as document:
        (picture,) = document.pages[0].images.values()
        assert picture.ColorSpace == "/DeviceGray"
    red, green, blue = printed(done.path).getpixel((130, 130))
    assert red == green == blue


def test_unsorted_copies_share_one_picture(page: Path, tmp_path: Path) -> None:
    done = compose([page], CopyLayout(A4), tmp_path / "out.pdf", copies=20)
    assert done.pages == 20
    assert done.path.stat().st_size < page.stat().st_size + 20_000


def test_an_odd_page_gets_an_empty_back(page: Path, tmp_path: Path) -> None:
    done = compose([page] * 3, CopyLayout(A4), tmp_path / "out.pdf", copies=2, duplex=True)
    assert done.pages == 8
    assert dark_box(printed(done.path, 6)) == (0, 0, 0, 0)
    assert dark_box(printed(done.path, 7)) != (0, 0, 0, 0)


@given(count=st.integers(1, 9), copies=st.integers(1, 7), duplex=st.booleans())
def test_every_leaf_comes_out_whole_as_often_as_asked(count: int, copies: int, duplex: bool) -> None:
    order = list(repeated(range(count), copies, duplex=duplex))
    assert [order.count(page) for page in range(count)] == [copies] * count
    if copies > 1:
        sides = 2 if duplex else 1
        leaves = [tuple(order[first : first + sides]) for first in range(0, len(order), sides)]
        assert {len(leaf) for leaf in leaves} == {sides}
        assert [leaf[0] for leaf in leaves] == [page for page in range(0, count, sides) for _ in range(copies)]


@pytest.mark.parametrize("wrong", [{"darkness": 3}, {"scale": 24}, {"scale": 401}])
def test_a_layout_out_of_range_cannot_be_made(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="not"):
        CopyLayout(A4, **wrong)


def test_a_failed_composition_leaves_no_file(page: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(page.read_bytes()[:200])
    with pytest.raises(OSError):
        compose([page, broken], CopyLayout(A4, darkness=1), tmp_path / "out.pdf")
    assert [path.name for path in tmp_path.glob("out*")] == []


def test_the_preview_shows_the_composed_page(page: Path, tmp_path: Path) -> None:
    done = compose([page], CopyLayout(A4, grey=True, scale=50), tmp_path / "out.pdf")
    preview(done.path, tmp_path / "small.jpg", 600)
    with Image.open(tmp_path / "small.jpg") as small:
        assert max(small.size) == 600
        left, top, right, bottom = dark_box(small)
        assert (left / small.width, right / small.width) == pytest.approx((226 / 827, 601 / 827), abs=0.01)
        assert (top / small.height, bottom / small.height) == pytest.approx((312 / 1170, 858 / 1170), abs=0.01)


def test_the_preview_of_a_scan_is_small(page: Path, tmp_path: Path) -> None:
    preview(page, tmp_path / "small.jpg", 400)
    with Image.open(tmp_path / "small.jpg") as small:
        assert (small.format, max(small.size)) == ("JPEG", 400)
