"""The virtual scanner is as strict as a real one."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

import pytest

from hardware.virtual.escl import EsclDevice, EsclServer

JOB = """<?xml version="1.0"?>
<scan:ScanSettings xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm"
  xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03"><pwg:Version>2.6</pwg:Version>
<pwg:ScanRegions><pwg:ScanRegion><pwg:XOffset>0</pwg:XOffset><pwg:YOffset>0</pwg:YOffset>
<pwg:Width>300</pwg:Width><pwg:Height>600</pwg:Height></pwg:ScanRegion></pwg:ScanRegions>
<pwg:InputSource>Platen</pwg:InputSource><scan:ColorMode>RGB24</scan:ColorMode>
<scan:XResolution>100</scan:XResolution><scan:YResolution>100</scan:YResolution></scan:ScanSettings>"""


@pytest.fixture
def server() -> Iterator[EsclServer]:
    started = EsclServer(EsclDevice())
    started.start()
    yield started
    started.unplug()


def request(server: EsclServer, method: str, path: str, body: str = "") -> tuple[int, str, bytes]:
    """Status, Location and body of one request."""
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    line.request(method, path, body.encode())
    answer = line.getresponse()
    found = (
        answer.status,
        (answer.getheader("Location") or "").removeprefix(f"http://127.0.0.1:{server.port}"),
        answer.read(),
    )
    line.close()
    return found


def test_a_job_from_the_glass_has_one_page(server: EsclServer) -> None:
    status, job, _ = request(server, "POST", "/eSCL/ScanJobs", JOB)
    assert status == 201
    status, _, page = request(server, "GET", f"{job}/NextDocument")
    assert (status, page[:2]) == (200, b"\xff\xd8")
    assert request(server, "GET", f"{job}/NextDocument")[0] == 404


@pytest.mark.parametrize(
    ("was", "becomes", "status"),
    [
        ("</scan:ScanSettings>", "", 400),
        ("scan:ScanSettings", "scan:Settings", 400),
        ("Platen", "Camera", 400),
        ("RGB24", "CMYK32", 400),
        ("<pwg:Height>600</pwg:Height>", "", 400),
        ("<pwg:Width>300<", "<pwg:Width>wide<", 400),
        ("<pwg:Width>300<", "<pwg:Width>2551<", 409),
        ("<scan:XResolution>100<", "<scan:XResolution>123<", 409),
        ("Platen", "Feeder", 409),
    ],
)
def test_a_job_it_cannot_do_is_refused(server: EsclServer, was: str, becomes: str, status: int) -> None:
    assert request(server, "POST", "/eSCL/ScanJobs", JOB.replace(was, becomes))[0] == status


def test_one_job_at_a_time(server: EsclServer) -> None:
    _, job, _ = request(server, "POST", "/eSCL/ScanJobs", JOB)
    assert request(server, "POST", "/eSCL/ScanJobs", JOB)[0] == 503
    assert request(server, "DELETE", job)[0] == 200
    assert request(server, "POST", "/eSCL/ScanJobs", JOB)[0] == 201


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/eSCL/ScanJobs/nobody/NextDocument"),
        ("DELETE", "/eSCL/ScanJobs/nobody"),
        ("GET", "/"),
        ("POST", "/eSCL/Jobs"),
    ],
)
def test_what_it_does_not_know_is_not_found(server: EsclServer, method: str, path: str) -> None:
    assert request(server, method, path)[0] == 404
