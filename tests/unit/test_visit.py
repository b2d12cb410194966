"""The visit: idle time, answers that come from elsewhere, work that must not be torn."""

import asyncio

import pytest

from kiosk.journeys.welcome import ChooseLanguage, PriceList
from kiosk.tasks import uninterrupted
from kiosk.visit import BACK, GuestLeft, IdleWarning, Patience, Visit, WentBack
from tests.fast_forward import FastForwardPolicy
from tests.scripted import SILENCE, ScriptedGuest

PATIENCE = Patience(quiet=60, warning=20)


@pytest.fixture(scope="module")
def event_loop_policy():
    return FastForwardPolicy()


def visit_with(script, patience=PATIENCE):
    guest = ScriptedGuest(script)
    return Visit(guest, "en", patience), guest


async def test_an_answer_is_given_back_with_the_situation_of_the_visit():
    visit, guest = visit_with({ChooseLanguage: "en"})
    visit.trail, visit.at_stake = ("choose", "scan"), True
    assert await visit.ask(ChooseLanguage()) == "en"
    assert guest.situations[0].trail == ("choose", "scan")
    assert guest.situations[0].at_stake
    assert not guest.situations[0].can_go_back


async def test_back_is_an_exception_only_where_it_is_offered():
    visit, guest = visit_with({PriceList: BACK})
    with pytest.raises(WentBack):
        await visit.ask_or_back(PriceList(()))
    assert guest.situations[0].can_go_back


async def test_silence_ends_the_visit_after_a_countdown():
    visit, guest = visit_with({PriceList: SILENCE}, Patience(quiet=60, warning=2))
    with pytest.raises(GuestLeft):
        await visit.ask(PriceList(()))
    assert [seen for seen in guest.seen if isinstance(seen, IdleWarning)] == [
        IdleWarning(2),
        IdleWarning(1),
        IdleWarning(None),
    ]


async def test_a_touch_during_the_countdown_takes_the_warning_back():
    asked = asyncio.Event()

    async def later(_question):
        await asked.wait()

    visit, guest = visit_with({PriceList: later})

    def tell(notice):
        guest.seen.append(notice)
        if notice == IdleWarning(20):
            asyncio.get_running_loop().call_soon(visit.touched)
        if notice == IdleWarning(None):
            asked.set()

    guest.tell = tell
    await visit.ask(PriceList(()))
    assert IdleWarning(None) in guest.seen


async def test_a_question_that_answers_itself_is_taken_off():
    visit, _ = visit_with({PriceList: SILENCE})
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(done.set_result, "the printer goes on")
    assert await visit.ask_until(PriceList(()), done) is None


async def test_waiting_for_the_printer_does_not_count_as_idle():
    visit, _ = visit_with({PriceList: SILENCE})
    done = asyncio.ensure_future(asyncio.sleep(600))
    assert await visit.ask_until(PriceList(()), done) is None


async def test_cancelling_a_question_cancels_whoever_answers_it():
    gone = asyncio.Event()

    async def forever(_question):
        try:
            await asyncio.Event().wait()
        finally:
            gone.set()

    visit, guest = visit_with({PriceList: forever})
    asking = asyncio.ensure_future(visit.ask(PriceList(())))
    while not guest.seen:
        await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert gone.is_set()


async def test_work_that_puts_things_right_is_not_torn_by_two_reasons_to_stop():
    steps = []
    gate = asyncio.Event()

    async def put_right():
        steps.append("begun")
        await gate.wait()
        steps.append("done")
        return 7

    task = asyncio.ensure_future(uninterrupted(put_right()))
    while not steps:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert steps == ["begun", "done"]


async def test_work_that_puts_things_right_gives_its_result_when_nothing_interrupts():
    async def seven():
        return 7

    assert await uninterrupted(seven()) == 7
