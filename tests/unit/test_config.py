"""The configuration: defaults that hold, overlays, and mistakes that name file, key and reason."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from kiosk.config.load import DEFAULTS, ConfigError, load, load_tariff

TARIFF = DEFAULTS.with_name("tariff.toml")


def written(folder: Path, text: str, name: str = "kiosk.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_the_packaged_defaults_are_a_whole_configuration():
    settings = load(None)
    assert settings.house.default_language == "zh_CN"
    assert settings.paths.runtime == Path("/run/kiosk")
    assert settings.scanner.config_dir is None
    assert settings.hotel.fields["GO"] == ("RN", "G#", "GS", "SF")
    assert load_tariff(settings.tariff.file).currency == "CNY"


def test_a_file_changes_only_what_it_names(tmp_path: Path):
    settings = load(written(tmp_path, '[hotel]\nhost = "10.1.2.3"\n[hotel.fields]\nNS = ["DA"]\n'))
    assert settings.hotel.host == "10.1.2.3"
    assert settings.hotel.fields["NS"] == ("DA",)
    assert settings.hotel.fields["NE"] == ("DA", "TI")
    assert settings.hotel.port == load(None).hotel.port


def test_relative_file_names_are_seen_from_the_file_they_stand_in(tmp_path: Path):
    settings = load(written(tmp_path, '[tariff]\nfile = "prices.toml"\n[scanner]\nconfig_dir = "sane"\n'))
    assert settings.tariff.file == tmp_path / "prices.toml"
    assert settings.scanner.config_dir == tmp_path / "sane"


def test_settings_cannot_be_changed():
    settings = load(None)
    with pytest.raises(AttributeError):
        settings.house.place = "elsewhere"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        settings.hotel = msgspec.structs.replace(settings.hotel, port=1)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ('[printer]\nquue = "x"', "printer.quue", "unknown key; did you mean queue?"),
        ("[hotl]", "hotl", "unknown key; did you mean hotel?"),
        (
            "[receipt]\nzzz = 1",
            "receipt.zzz",
            "unknown key; known here: path, baud",
        ),
        ('[hotel]\nport = "5010"', "hotel.port", "Expected int, got str"),
        ("[hotel]\nhighest_number = 100000000", "hotel.highest_number", "Expected int <= 99999999"),
        ("[hotel]\nport = 0", "hotel.port", "Expected int >= 1"),
        ("[hotel]\nport = 65536", "hotel.port", "Expected int <= 65535"),
        ("house = 3", "house", "Expected object, got int"),
        ("[display]\nrotation = 45", "display.rotation", "Invalid enum value 45; wanted: 0, 90, 180, 270"),
        ("[sound]\nvolume = 101", "sound.volume", "Expected int <= 100"),
        ("[sound]\nvolume = -1", "sound.volume", "Expected int >= 0"),
        ('[card_reader]\nkind = "x"', "card_reader.kind", "Invalid enum value 'x'; wanted: pn532, rdm6300"),
        ("[panel]\nbusy = 5", "panel", "ready and busy share pin 5"),
        ('[house]\ntimezone = "Mars/Olympus"', "house.timezone", "no such time zone: 'Mars/Olympus'"),
        ('[house]\ntimezone = "../../etc"', "house.timezone", "no such time zone: '../../etc'"),
        ('[hotel]\ncode_page = "gbkk"', "hotel.code_page", "no such code page: 'gbkk'"),
        ('[hotel.fields]\nXX = ["RN"]', "hotel.fields", "Invalid enum value 'XX'"),
        ('[hotel.fields]\nPA = ["AS"]', "hotel.fields", "the hotel link needs the PA fields P#"),
        ('[hotel]\ncode_page = "utf-16"', "hotel.code_page", "records can't be framed in 'utf-16'"),
        (
            '[hotel]\nposting = "guest"\n[hotel.fields]\nPR = ["PI", "RN", "G#", "GN", "PM", "P#", "WS"]',
            "hotel.fields",
            "the hotel link needs the PR fields DA and TA and TI",
        ),
        ('[hotel]\nadapter = "ohip"', "hotel.ohip", "adapter ohip needs the table [hotel.ohip]"),
        ("[paths]\nstate = 3", "paths.state", "Expected a path"),
        ('[paths]\nstate = ""', "paths.state", "Expected a path"),
        ("[visit]\nquiet_seconds = 9", "visit.quiet_seconds", "Expected float >= 10.0"),
    ],
)
def test_a_mistake_names_file_key_and_reason(tmp_path: Path, text: str, key: str, reason: str):
    file = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert (caught.value.file, caught.value.key) == (file, key)
    assert caught.value.reason == reason
    assert str(caught.value) == f"{file}: {key}: {reason}"


def test_a_pattern_is_explained_in_words(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"printer\.device_uri: .*; wanted: ipp://host:port/path$"):
        load(written(tmp_path, '[printer]\ndevice_uri = "usb://x"'))


def test_a_file_that_is_no_toml_names_line_and_column(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"kiosk\.toml: not valid TOML: .*line 2, column"):
        load(written(tmp_path, "[house]\nplace = = 3\n"))


def test_a_file_that_is_no_utf8_says_where(tmp_path: Path):
    file = tmp_path / "kiosk.toml"
    file.write_bytes('[house]\nname_zh = "本酒店"'.encode("gbk"))
    with pytest.raises(ConfigError, match=r"kiosk\.toml: not UTF-8 at byte 19"):
        load(file)


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / name)
    assert caught.value.file == tmp_path / name
    assert caught.value.reason in {os.strerror(2), os.strerror(21)}


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ('"CNY"', '"cny"', "tariff.copy.staple", "not a currency: 'cny'"),
        ('black = "1.00"', 'blak = "1.00"', "tariff.copy.sheets[0].blak", "unknown key; did you mean black?"),
        ('colour = "3.00"', 'colour = "3.005"', "tariff.copy.sheets[0].colour", "CNY has 2 decimals: '3.005'"),
        ('colour = "3.00"', "colour = 3.00", "tariff.copy.sheets[0].colour", "Expected str | null, got float"),
        ("tax_basis_points = 600", "", "tariff", "missing: tax_basis_points"),
        ("[tariff.copy]", "[tarif]\n[tariff.copy]", "tarif", "unknown key; the price list is one table, [tariff]"),
    ],
)
def test_a_mistake_in_the_tariff_names_file_key_and_reason(tmp_path: Path, old: str, new: str, key: str, reason: str):
    packaged = TARIFF.read_text(encoding="utf-8")
    assert old in packaged
    file = written(tmp_path, packaged.replace(old, new, 1), "tariff.toml")
    with pytest.raises(ConfigError) as caught:
        load_tariff(file)
    assert str(caught.value) == f"{file}: {key}: {reason}"


def test_an_empty_tariff_is_no_tariff(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"tariff: missing: the table \[tariff\]"):
        load_tariff(written(tmp_path, "", "tariff.toml"))
