"""What the virtual printer says of itself: an attribute file for ``ippeveprinter -a`` (ipptoolfile syntax)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

PDF, JPEG, PWG, URF = "application/pdf", "image/jpeg", "image/pwg-raster", "image/urf"
_COMMAND_SETS = {PDF: "PDF", JPEG: "JPEG", PWG: "PWG", URF: "URF"}
_STAPLES = {3: "none", 20: "staple-top-left"}
_MARGIN = 420
_INCH, _MM = 2540, 100
_SHEETS_IN_A_TRAY = 250


@dataclass(frozen=True)
class Model:
    """``media``: PWG self-describing names, one tray for each, in order."""

    media: Sequence[str]
    mono: bool = False
    duplex: bool = True
    staple: bool = True
    formats: Sequence[str] = (PDF, JPEG, PWG, URF)

    @property
    def trays(self) -> list[tuple[str, str]]:
        """(tray, size in it)."""
        return [("main" if number == 1 else f"tray-{number}", size) for number, size in enumerate(self.media, 1)]

    def attributes(self) -> str:
        """The text of the attribute file."""
        return "".join((*self._paper(), *self._abilities(), *self._supplies(), *self._formats()))

    def _paper(self) -> Iterable[str]:
        loaded = [_column(size, tray) for tray, size in self.trays]
        yield from (_integers(f"media-{edge}-margin-supported", 0, _MARGIN) for edge in _EDGES)
        yield _collections("media-col-database", [_column(size) for size in self.media])
        yield _collections("media-col-default", loaded[:1])
        yield _collections("media-col-ready", loaded)
        yield _collections("media-size-supported", [_size(size) for size in self.media])
        yield _keywords("media-default", self.media[0])
        yield _keywords("media-ready", *self.media)
        yield _keywords("media-supported", *self.media)
        yield _keywords("media-source-supported", *(tray for tray, _ in self.trays))
        yield _keywords("media-type-supported", "stationery")
        yield _strings("printer-input-tray", [_tray(tray, size) for tray, size in self.trays])

    def _abilities(self) -> Iterable[str]:
        staples = _STAPLES if self.staple else {3: "none"}
        templates = [f'{{ MEMBER keyword finishing-template "{name}" }}' for name in staples.values()]
        colours = ["auto", "monochrome"] if self.mono else ["auto", "color", "monochrome"]
        sides = ["one-sided", "two-sided-long-edge", "two-sided-short-edge"] if self.duplex else ["one-sided"]
        yield f"ATTR boolean color-supported {'false' if self.mono else 'true'}\n"
        yield "ATTR integer copies-default 1\nATTR rangeOfInteger copies-supported 1-99\n"
        yield _enums("finishings-default", 3) + _enums("finishings-ready", *staples)
        yield _enums("finishings-supported", *staples) + _keywords("finishing-template-supported", *staples.values())
        yield _collections("finishings-col-database", templates) + _collections("finishings-col-ready", templates)
        yield _collections("finishings-col-default", templates[:1])
        yield _keywords("finishings-col-supported", "finishing-template")
        yield _enums("orientation-requested-default", 3) + _enums("orientation-requested-supported", 3, 4, 5, 6)
        yield _keywords("output-bin-default", "face-down") + _keywords("output-bin-supported", "face-down")
        yield _keywords(
            "overrides-supported", "document-numbers", "media", "media-col", "orientation-requested", "pages"
        )
        yield "ATTR boolean page-ranges-supported true\n" + _integers("pages-per-minute", 30)
        yield "" if self.mono else _integers("pages-per-minute-color", 30)
        yield _keywords("print-color-mode-default", colours[0]) + _keywords("print-color-mode-supported", *colours)
        yield _keywords("print-content-optimize-default", "auto") + _keywords(
            "print-content-optimize-supported", "auto"
        )
        yield _keywords("print-rendering-intent-default", "auto") + _keywords(
            "print-rendering-intent-supported", "auto"
        )
        yield _keywords("print-scaling-default", "auto")
        yield _keywords("print-scaling-supported", "auto", "auto-fit", "fill", "fit", "none")
        yield _enums("print-quality-default", 4) + _enums("print-quality-supported", 3, 4, 5)
        yield _keywords("sides-default", "one-sided") + _keywords("sides-supported", *sides)
        yield "ATTR resolution printer-resolution-default 300dpi\nATTR resolution printer-resolution-supported 300dpi\n"

    def _supplies(self) -> Iterable[str]:
        colours = ["black"] if self.mono else ["black", "cyan", "magenta", "yellow"]
        waste = ("receptacleThatIsFilled", "wasteToner", 25, "unknown")
        consumed = [("supplyThatIsConsumed", "toner", 75, colour) for colour in colours]
        yield _strings(
            "printer-supply",
            [
                f"index={index};class={kind};type={what};unit=percent;maxcapacity=100;level={level};colorantname={colour};"
                for index, (kind, what, level, colour) in enumerate([waste, *consumed], 1)
            ],
        )
        names = ["Toner Waste", *(f"{colour.capitalize()} Toner" for colour in colours)]
        yield "ATTR textWithoutLanguage printer-supply-description " + _quoted(names) + "\n"

    def _formats(self) -> Iterable[str]:
        commands = ",".join(_COMMAND_SETS[name] for name in self.formats)
        raster = ["black_1", "sgray_8"] + ([] if self.mono else ["srgb_8"])
        urf = ["CP1", "IS1-4-5", "MT1-2-3", "RS300", "V1.4", "W8"]
        urf += ([] if self.mono else ["SRGB24"]) + (["DM1"] if self.duplex else [])
        yield 'ATTR textWithoutLanguage printer-make-and-model "Lobby Virtual Printer"\n'
        yield f'ATTR textWithoutLanguage printer-device-id "MFG:Lobby;MDL:Virtual;CMD:{commands};"\n'
        yield "ATTR resolution pwg-raster-document-resolution-supported 300dpi\n"
        yield _keywords("pwg-raster-document-sheet-back", "normal")
        yield _keywords("pwg-raster-document-type-supported", *raster) + _keywords("urf-supported", *urf)
        # ippeveprinter adds a list of its own after this one; libcups takes the first.
        yield f"ATTR mimeMediaType document-format-supported {_quoted(['application/octet-stream', *self.formats])}\n"


_EDGES = ("bottom", "left", "right", "top")


def dimensions(size: str) -> tuple[int, int]:
    """Width and height in hundredths of a millimetre of a name such as ``iso_a4_210x297mm`` (PWG 5101.1)."""
    text = size.rpartition("_")[2]
    number, unit = text[:-2], _INCH if text.endswith("in") else _MM
    width, height = number.split("x")
    return round(float(width) * unit), round(float(height) * unit)


def media_form(trays: Sequence[tuple[str, str]], sheets: int) -> dict[str, str]:
    """The fields of ippeveprinter's own web form that say each tray holds so many ``sheets``."""
    form: dict[str, str] = {}
    for index, (_, size) in enumerate(trays):
        form |= {f"size{index}": size, f"type{index}": "stationery", f"level{index}": str(sheets)}
    return form


def _tray(name: str, size: str) -> str:
    width, height = dimensions(size)
    return (
        f"type=sheetFeedAutoRemovableTray;mediafeed={height};mediaxfeed={width};maxcapacity={_SHEETS_IN_A_TRAY};"
        f"level=200;status=0;name={name};"
    )


def _size(size: str) -> str:
    width, height = dimensions(size)
    return f"{{ MEMBER integer x-dimension {width} MEMBER integer y-dimension {height} }}"


def _column(size: str, tray: str | None = None) -> str:
    key = f"{size}_{tray}_stationery" if tray else size
    members = [f'MEMBER keyword media-key "{key}"', f"MEMBER collection media-size {_size(size)}"]
    members += [f'MEMBER keyword media-size-name "{size}"']
    members += [f"MEMBER integer media-{edge}-margin {_MARGIN}" for edge in _EDGES]
    if tray:
        members += [f'MEMBER keyword media-source "{tray}"', 'MEMBER keyword media-type "stationery"']
    return "{ " + " ".join(members) + " }"


def _quoted(values: Iterable[str]) -> str:
    return ",".join(f'"{value}"' for value in values)


def _keywords(name: str, *values: str) -> str:
    return f"ATTR keyword {name} {_quoted(values)}\n"


def _strings(name: str, values: Iterable[str]) -> str:
    return f"ATTR octetString {name} {_quoted(values)}\n"


def _integers(name: str, *values: int) -> str:
    return f"ATTR integer {name} {','.join(map(str, values))}\n"


def _enums(name: str, *values: int) -> str:
    return f"ATTR enum {name} {','.join(map(str, values))}\n"


def _collections(name: str, values: Iterable[str]) -> str:
    return f"ATTR collection {name} {','.join(values)}\n"
