"""What a visit leaves behind: nothing."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from kiosk.documents.errors import DocumentStoreError
from kiosk.documents.vault import Vault


def test_a_drawer_is_private_and_empty(tmp_path: Path) -> None:
    with Vault(tmp_path / "vault").open("visit-1") as folder:
        assert list(folder.iterdir()) == []
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.parent.stat().st_mode & 0o777 == 0o700


def test_the_drawer_is_forgotten_on_the_way_out_of_a_fault(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault")

    def failing_work() -> None:
        with vault.open("visit-1") as folder:
            (folder / "deep").mkdir()
            (folder / "deep" / "page.jpg").write_bytes(b"secret")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        failing_work()
    assert list(vault.base.iterdir()) == []


def test_forgetting_twice_is_no_error(tmp_path: Path) -> None:
    drawer = Vault(tmp_path / "vault").begin("visit-1")
    drawer.forget()
    drawer.forget()
    assert not drawer.folder.exists()


def test_what_is_write_protected_is_forgotten_too(tmp_path: Path) -> None:
    drawer = Vault(tmp_path / "vault").begin("visit-1")
    inner = drawer.folder / "inner"
    inner.mkdir()
    (inner / "page.jpg").write_bytes(b"secret")
    inner.chmod(0o500)
    drawer.folder.chmod(0o500)
    drawer.forget()
    assert not drawer.folder.exists()


def test_a_link_is_removed_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    drawer = Vault(tmp_path / "vault").begin("visit-1")
    (drawer.folder / "link").symlink_to(outside)
    drawer.forget()
    assert (outside / "kept").read_text() == "kept"


def test_sweeping_removes_what_a_crash_left(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault")
    for visit in ("visit-1", "visit-2"):
        (vault.begin(visit).folder / "page.jpg").write_bytes(b"secret")
    (vault.base / "stray").write_bytes(b"secret")
    Vault(vault.base).sweep()
    assert list(vault.base.iterdir()) == []


def test_sweeping_before_anything_existed_is_no_error(tmp_path: Path) -> None:
    Vault(tmp_path / "vault").sweep()
    assert not (tmp_path / "vault").exists()


def test_one_visit_may_open_a_drawer_again(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault")
    with vault.open("visit-1") as first, vault.open("visit-1") as second:
        assert first != second


def test_too_little_room_is_told_at_the_start(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault", room=1 << 60)
    with pytest.raises(DocumentStoreError) as refusal:
        vault.begin("visit-1")
    assert refusal.value.key == "documents.full"
    assert list(vault.base.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "key"),
    [(errno.ENOSPC, "documents.full"), (errno.EDQUOT, "documents.full"), (errno.EROFS, "documents.read-only")],
)
def test_a_disk_that_refuses_the_probe_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, key: str
) -> None:
    def refuse(path: Path, data: bytes) -> int:
        raise OSError(code, "refused")

    vault = Vault(tmp_path / "vault")
    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(DocumentStoreError) as refusal:
        vault.begin("visit-1")
    assert refusal.value.key == key
    assert list(vault.base.iterdir()) == []


def test_a_base_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DocumentStoreError):
        Vault(tmp_path / "file" / "vault").begin("visit-1")


@pytest.mark.parametrize("visit_id", ["", "../other", "a/b", "a" * 65])
def test_a_visit_id_cannot_lead_elsewhere(tmp_path: Path, visit_id: str) -> None:
    with pytest.raises(ValueError, match="visit id"):
        Vault(tmp_path).begin(visit_id)
