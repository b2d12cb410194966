"""Generated originals for the page checks: every page is invented and follows from its seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

DPI = 150
PAPER = (1240, 1754)
PLATEN = (1275, 1754)
FACE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
WORDS = (
    "tea",
    "garden",
    "lake",
    "morning",
    "quiet",
    "window",
    "paper",
    "travel",
    "river",
    "lantern",
    "music",
    "bridge",
)
HANZI = "茶园湖山清晨宁静窗纸旅行江河灯笼音乐黄昏桥季节收获风雨春秋来去远近"


@lru_cache(maxsize=64)
def face(points: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FACE, round(points * DPI / 72), index=2)


@dataclass(frozen=True)
class Sample:
    """A page, named for test reports, with the kinds of finding it deserves."""

    name: str
    kinds: frozenset[str]
    picture: Image.Image


@lru_cache(maxsize=4096)
def length_of(words: str, points: int) -> float:
    return face(points).getlength(words)


def line_of(generator: random.Random, chinese: bool, width: float, points: int) -> str:
    words: list[str] = []
    while width > 0:
        words.append(generator.choice(HANZI) if chinese else generator.choice(WORDS) + " ")
        width -= length_of(words[-1], points)
    return "".join(words[:-1])


def paper(tint: tuple[int, int, int] = (252, 251, 248)) -> Image.Image:
    return Image.new("RGB", PAPER, tint)


def write(
    page: Image.Image,
    generator: random.Random,
    *,
    box: tuple[int, int, int, int] = (140, 150, 1100, 1600),
    points: int = 11,
    chinese: bool = False,
    ink: int = 30,
    spacing: float = 1.7,
) -> Image.Image:
    draw = ImageDraw.Draw(page)
    left, top, right, bottom = box
    step = round(points * DPI / 72 * spacing)
    for number, y in enumerate(range(top, bottom - step, step)):
        if number % 7 != 6:
            part = 1.0 if number % 7 != 5 else generator.uniform(0.3, 0.9)
            words = line_of(generator, chinese, (right - left) * part, points)
            draw.text((left, y), words, font=face(points), fill=(ink, ink, ink + 5))
    return page


def letter(seed: int, **how: object) -> Image.Image:
    generator = random.Random(seed)
    tint = generator.choice([(252, 251, 248), (255, 255, 255), (246, 243, 225), (235, 240, 246), (240, 228, 190)])
    settings = {
        "points": generator.choice([9, 10, 11, 12, 14]),
        "chinese": seed % 2 == 0,
        "ink": generator.randint(5, 70),
    }
    return write(paper(tint), generator, **(settings | how))  # type: ignore[arg-type]


def table(seed: int) -> Image.Image:
    generator = random.Random(seed)
    page = paper()
    draw = ImageDraw.Draw(page)
    rows, columns = generator.randint(6, 24), generator.randint(2, 6)
    height, width = 1300 // rows, 980 // columns
    for row in range(rows):
        for column in range(columns):
            x, y = 130 + column * width, 200 + row * height
            fill = (225, 232, 236) if row == 0 else None
            draw.rectangle((x, y, x + width, y + height), outline=(60, 60, 60), width=2, fill=fill)
            words = line_of(generator, seed % 2 == 1, width * 0.6, 9)
            draw.text((x + 10, y + height // 2 - 12), words, font=face(9), fill=(20, 20, 20))
    return page


def form(seed: int) -> Image.Image:
    """Mostly empty: a title and ruled lines to write on."""
    page = write(paper(), random.Random(seed), box=(140, 150, 800, 260), points=14)
    draw = ImageDraw.Draw(page)
    for y in range(400, 1500, 90):
        draw.line((140, y, 1100, y), fill=(120, 120, 120), width=2)
    return page


def one_line(seed: int) -> Image.Image:
    generator = random.Random(seed)
    page = paper()
    ImageDraw.Draw(page).text((500, generator.randint(200, 1500)), "湖边 12", font=face(11), fill=(30, 30, 30))
    return page


def two_columns(seed: int) -> Image.Image:
    generator = random.Random(seed)
    page = write(paper((240, 238, 232)), generator, box=(90, 120, 590, 1660), points=8, spacing=1.4)
    return write(page, generator, box=(650, 120, 1150, 1660), points=8, spacing=1.4)


def sideways(seed: int) -> Image.Image:
    """A landscape page on a portrait platen."""
    wide = write(Image.new("RGB", (1754, 1240), "white"), random.Random(seed), box=(150, 140, 1600, 1100))
    return wide.transpose(Image.Transpose.ROTATE_90)


def field(seed: int, roughness: float) -> np.ndarray:
    """A grey field whose detail falls with 1/f**roughness, as in photographs of nature; 0 to 1."""
    noise = np.random.default_rng(seed).standard_normal((439, 310))
    y, x = np.fft.fftfreq(439)[:, None], np.fft.rfftfreq(310)[None, :]
    spectrum = np.fft.rfft2(noise) / np.maximum(np.hypot(y, x), 1e-3) ** roughness
    values = np.fft.irfft2(spectrum, (439, 310))
    low, high = np.percentile(values, [1, 99])
    return np.clip((values - low) / (high - low), 0, 1)


def photograph(seed: int) -> Image.Image:
    """To the edges of the paper; light, middling or dark."""
    generator = random.Random(seed)
    darkest, lightest = generator.choice([(10, 240), (0, 200), (30, 255), (60, 250)])
    grey = darkest + field(seed, generator.uniform(0.9, 1.6)) * (lightest - darkest)
    tinted = np.stack([grey * part for part in (1.0, generator.uniform(0.85, 1), generator.uniform(0.7, 1))], axis=2)
    return Image.fromarray(tinted.astype(np.uint8)).resize(PAPER, Image.Resampling.BICUBIC)


def brochure(seed: int) -> Image.Image:
    """A photograph across the top edge, writing below."""
    page = write(paper(), random.Random(seed), box=(140, 900, 1100, 1600), points=10)
    page.paste(photograph(seed).crop((0, 0, 1240, 800)), (0, 0))
    return page


def with_shadow(seed: int) -> Image.Image:
    """The lid was not quite closed: one edge is dark from end to end."""
    page = letter(seed)
    ImageDraw.Draw(page).rectangle((0, 0, 14, 1754), fill=(90, 90, 90))
    return page


def punched(seed: int) -> Image.Image:
    page = letter(seed)
    draw = ImageDraw.Draw(page)
    for y in (640, 1114):
        draw.ellipse((55, y - 18, 91, y + 18), fill=(60, 60, 60))
    return page


CLEAN: dict[str, tuple[int, Callable[[int], Image.Image]]] = {
    "letter": (14, letter),
    "table": (6, table),
    "form": (2, form),
    "one-line": (3, one_line),
    "two-columns": (3, two_columns),
    "sideways": (3, sideways),
    "photograph": (10, photograph),
    "brochure": (5, brochure),
    "shadow": (3, with_shadow),
    "punched": (3, punched),
}


def blank(seed: int) -> Image.Image:
    generator = random.Random(seed)
    page = paper(generator.choice([(252, 251, 248), (255, 255, 255), (240, 228, 190)]))
    draw = ImageDraw.Draw(page)
    for _ in range(seed % 3):
        x, y = generator.randint(0, 1200), generator.randint(0, 1700)
        draw.ellipse((x, y, x + 4, y + 4), fill=(80, 80, 80))
    return page


def faint(seed: int) -> Image.Image:
    part = random.Random(seed).uniform(0.10, 0.26)
    return Image.blend(paper(), letter(seed), part)


def skewed(seed: int) -> Image.Image:
    generator = random.Random(seed)
    degrees = generator.uniform(1.5, 6.0) * generator.choice([-1, 1])
    straight = table(seed) if seed % 4 == 3 else letter(seed)
    return straight.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=straight.getpixel((3, 3)))


def cut_off(seed: int) -> Image.Image:
    """Over each edge of the platen in turn: through the beginnings or ends of the lines, or through a line."""
    points, top = 10 + seed % 3, 150
    em, spacing = points * DPI / 72, 1.7
    middle = round(0.75 * em)
    lines_down = round(em * spacing) * 35
    shift = [(-190, 0), (270, 0), (0, -top - middle), (0, PLATEN[1] - top - lines_down - middle)][seed % 4]
    generator, chinese = random.Random(seed), seed % 2 == 0
    page = Image.new("RGB", PLATEN, "white")
    page.paste(write(paper(), generator, box=(140, top, 1100, 1750), points=points, chinese=chinese), shift)
    return page


FAULTY: dict[str, tuple[int, Callable[[int], Image.Image]]] = {
    "blank": (9, blank),
    "faint": (9, faint),
    "skewed": (14, skewed),
    "cut-off": (12, cut_off),
}


@lru_cache(maxsize=4)
def grain(sigma: float) -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, sigma, (PLATEN[1], PLATEN[0], 1))
    return noise.round().astype(np.int16)


def scanned(picture: Image.Image, seed: int) -> Image.Image:
    """On the platen, with the sensor's noise."""
    platen = Image.new("RGB", PLATEN, (254, 254, 254))
    platen.paste(picture, (0, 0))
    sigma = seed % 4 * 1.5
    if not sigma:
        return platen
    seen = np.asarray(platen) + grain(sigma)
    return Image.fromarray(seen.clip(0, 255).astype(np.uint8))


def samples(first_seed: int) -> Iterator[Sample]:
    """Every kind of page, clean and faulty. The checks were tuned on seeds from 0; judge them by others."""
    for makers, faulty in ((CLEAN, False), (FAULTY, True)):
        for kind, (count, make) in makers.items():
            for seed in range(first_seed, first_seed + count):
                yield Sample(f"{kind}-{seed}", frozenset({kind} if faulty else ()), scanned(make(seed), seed))
