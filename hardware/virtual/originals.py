"""Invented originals to scan: pages of a hotel that does not exist, the same every time they are made."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

DPI = 300
A4 = (2480, 3508)
FONTS = Path("/usr/share/fonts/opentype/noto")
INK = (34, 38, 46)
ACCENT = (24, 84, 92)
GOLD = (176, 138, 74)
MARGIN = 260

LETTER_ZH = (
    "尊敬的宾客：",
    "感谢您选择云山饭店。为庆祝大堂商务角落成，",
    "我们诚挚邀请您于周六下午三时莅临湖畔茶室，",
    "品鉴春茶，聆听古琴，并参观新落成的花园。",
    "茶会约一小时，无需预约，敬请自在前来。",
)
LETTER_EN = (
    "Dear guest,",
    "Thank you for staying with us. To mark the opening of the new business corner",
    "in the lobby, we would be glad to welcome you to the lakeside tea room on",
    "Saturday at three in the afternoon: spring tea, the sound of the guqin, and a",
    "first walk through the garden. No booking is needed; simply come as you are.",
    "",
    "With kind regards,",
    "The Cloud Hill Hotel",
)
TABLE = (
    ("时间 Time", "活动 Programme", "地点 Place"),
    ("07:00", "晨间太极 Morning tai chi", "花园 Garden"),
    ("09:30", "茶艺体验 Tea ceremony", "茶室 Tea room"),
    ("11:00", "书法课 Calligraphy", "书房 Library"),
    ("14:00", "城市漫步 City walk", "大堂 Lobby"),
    ("16:30", "点心制作 Dim sum class", "厨房 Kitchen"),
    ("18:00", "日落音乐会 Sunset concert", "露台 Terrace"),
    ("20:30", "星空观测 Stargazing", "屋顶 Roof"),
    ("21:30", "夜茶 Night tea", "茶室 Tea room"),
)


@lru_cache(maxsize=32)
def font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Noto CJK where installed; Pillow's own face, without Chinese, where not."""
    face = FONTS / f"NotoSansCJK-{'Bold' if bold else 'Regular'}.ttc"
    return ImageFont.truetype(face, size, index=2) if face.exists() else ImageFont.load_default(size)


def sheet() -> Image.Image:
    return Image.new("RGB", A4, (253, 252, 250))


def head(page: Image.Image) -> None:
    """The letterhead: a crest of roofs, the house's names, a rule."""
    draw = ImageDraw.Draw(page)
    for step in range(3):
        x, y, half = MARGIN + 90, 210 + 56 * step, 62 + 24 * step
        draw.polygon([(x, y), (x - half, y + 48), (x + half, y + 48)], fill=ACCENT)
    draw.text((MARGIN + 260, 208), "云山饭店", font=font(96, bold=True), fill=ACCENT)
    draw.text((MARGIN + 262, 326), "CLOUD HILL HOTEL", font=font(44), fill=GOLD)
    draw.line((MARGIN, 430, A4[0] - MARGIN, 430), fill=GOLD, width=5)


def foot(page: Image.Image) -> None:
    draw = ImageDraw.Draw(page)
    draw.line((MARGIN, 3240, A4[0] - MARGIN, 3240), fill=GOLD, width=3)
    draw.text((MARGIN, 3262), "云山饭店 · Cloud Hill Hotel · Lakeside", font=font(34), fill=(110, 112, 118))


def letter(ink: tuple[int, int, int] = INK) -> Image.Image:
    """An invitation in Chinese and English."""
    page = sheet()
    head(page)
    draw = ImageDraw.Draw(page)
    y = 620
    for row in LETTER_ZH:
        draw.text((MARGIN, y), row, font=font(62), fill=ink)
        y += 118
    y += 120
    for row in LETTER_EN:
        draw.text((MARGIN, y), row, font=font(47), fill=ink)
        y += 92
    draw.text((MARGIN, y + 40), "云山饭店 敬上", font=font(62, bold=True), fill=ink)
    foot(page)
    return page


def table() -> Image.Image:
    """The day's programme, ruled, with a tinted head and every other row tinted."""
    page = sheet()
    head(page)
    draw = ImageDraw.Draw(page)
    draw.text((MARGIN, 540), "本周活动  This week", font=font(80, bold=True), fill=ACCENT)
    columns, right, row_height = (MARGIN, 640, 1640), A4[0] - MARGIN, 200
    for number, row in enumerate(TABLE):
        top = 720 + number * row_height
        fill = ACCENT if number == 0 else ((238, 243, 243) if number % 2 else (253, 252, 250))
        draw.rectangle((MARGIN, top, right, top + row_height), fill=fill, outline=(150, 165, 168), width=4)
        for x, words in zip(columns, row, strict=True):
            colour = (255, 255, 255) if number == 0 else INK
            draw.text((x + 36, top + 64), words, font=font(52, bold=number == 0), fill=colour)
    foot(page)
    return page


def picture() -> Image.Image:
    """Hills over a lake at dusk, to the edges of the paper, with a title."""
    small = (A4[0] // 4, A4[1] // 4)
    width, height = small
    sky = Image.linear_gradient("L").resize(small)
    page = Image.composite(Image.new("RGB", small, (247, 196, 140)), Image.new("RGB", small, (70, 110, 160)), sky)
    draw = ImageDraw.Draw(page)
    draw.ellipse((width * 0.62, height * 0.26, width * 0.62 + 90, height * 0.26 + 90), fill=(255, 226, 170))
    generator = random.Random(7)
    for ridge in range(5):
        base = height * (0.46 + 0.1 * ridge)
        phase, swing = generator.uniform(0, 6), 60 - 7 * ridge
        crest = [
            (x, base - swing * math.sin(x / (90 + 22 * ridge) + phase) - 14 * math.sin(x / 23 + 2 * phase))
            for x in range(0, width + 4, 4)
        ]
        shade = (96 - 15 * ridge, 116 - 15 * ridge, 138 - 16 * ridge)
        draw.polygon([(0, height), *crest, (width, height)], fill=shade)
    page = page.filter(ImageFilter.GaussianBlur(1)).resize(A4, Image.Resampling.BICUBIC)
    title = ImageDraw.Draw(page)
    title.text((MARGIN, 340), "湖上黄昏", font=font(190, bold=True), fill=(255, 250, 240))
    title.text((MARGIN + 8, 590), "Dusk over the lake", font=font(84), fill=(255, 250, 240))
    return page


def blank() -> Image.Image:
    """Nothing but paper and its grain."""
    size = (A4[0] // 4, A4[1] // 4)
    grain = Image.frombytes("L", size, random.Random(3).randbytes(size[0] * size[1])).resize(A4)
    return Image.blend(sheet(), grain.convert("RGB"), 0.03)


def faint() -> Image.Image:
    """The letter from an empty cartridge."""
    return Image.blend(sheet(), letter(), 0.16)


def skewed(degrees: float = 2.5) -> Image.Image:
    """The letter laid down clockwise by so many degrees."""
    return letter().rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=(253, 252, 250))


def cut_off() -> Image.Image:
    """The letter laid over the left edge of the glass."""
    page = sheet()
    page.paste(letter(), (-MARGIN - 60, 0))
    return page


MAKERS: dict[str, Callable[[], Image.Image]] = {
    "letter": letter,
    "table": table,
    "picture": picture,
    "blank": blank,
    "faint": faint,
    "skewed": skewed,
    "cut-off": cut_off,
}


def original(name: str, folder: Path) -> Path:
    """The original of this name as ``NAME.png``, A4 at 300 dpi; drawn the first time it is wanted."""
    path = folder / f"{name}.png"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        MAKERS[name]().save(path, dpi=(DPI, DPI), compress_level=1)
    return path
