import asyncio
import sqlite3
from itertools import product

import pytest

from kiosk.outbox import (
    HIGHEST_NUMBER,
    DeliveryEvent,
    DeliveryState,
    IllegalDelivery,
    Outbox,
    enqueue,
)
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS
from tests.books_kit import SetClock

S, E = DeliveryState, DeliveryEvent

LIFE = {
    S.QUEUED: {E.BEGIN: S.SENDING},
    S.SENDING: {E.DELIVER: S.DELIVERED, E.REFUSE: S.REFUSED, E.AGAIN: S.QUEUED, E.LOSE: S.UNKNOWN},
    S.UNKNOWN: {E.DELIVER: S.DELIVERED, E.REFUSE: S.REFUSED, E.AGAIN: S.QUEUED},
    S.REFUSED: {E.DELIVER: S.DELIVERED, E.AGAIN: S.QUEUED},
    S.DELIVERED: {},
}
CALLS = {
    E.BEGIN: lambda outbox, delivery: outbox.begin(delivery),
    E.DELIVER: lambda outbox, delivery: outbox.delivered(delivery, "evidence"),
    E.REFUSE: lambda outbox, delivery: outbox.refused(delivery, "NP"),
    E.AGAIN: lambda outbox, delivery: outbox.again(delivery, "NA"),
    E.LOSE: lambda outbox, delivery: outbox.unknown(delivery, "silence"),
}
WAYS = {
    S.QUEUED: [],
    S.SENDING: [E.BEGIN],
    S.UNKNOWN: [E.BEGIN, E.LOSE],
    S.REFUSED: [E.BEGIN, E.REFUSE],
    S.DELIVERED: [E.BEGIN, E.DELIVER],
}


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def db(tmp_path, clock):
    db = Database(tmp_path / "books.db", BOOKS, clock=clock)
    yield db
    db.close()


@pytest.fixture
def outbox(db):
    outbox = Outbox(db, "pms")
    yield outbox
    outbox.close()


def put(db, *keys, destination="pms"):
    for key in keys:
        with db.transaction() as tx:
            enqueue(tx, destination, "posting", key, '{"n":1}', db.now())


@pytest.mark.parametrize(("state", "event"), list(product(S, E)), ids=lambda it: it.value)
def test_every_event_in_every_state(db, outbox, state, event):
    put(db, "a")
    for earlier in WAYS[state]:
        CALLS[earlier](outbox, outbox.by_key("a"))
    wanted = LIFE[state].get(event)
    if wanted is None:
        with pytest.raises(IllegalDelivery) as refused:
            CALLS[event](outbox, outbox.by_key("a"))
        assert (refused.value.state, refused.value.event) == (state, event)
        assert outbox.by_key("a").state is state
    else:
        CALLS[event](outbox, outbox.by_key("a"))
        assert outbox.by_key("a").state is wanted


def test_a_step_is_judged_by_the_disk_not_by_an_old_copy(db, outbox):
    put(db, "a")
    old = outbox.next_due()
    outbox.begin(old)
    with pytest.raises(IllegalDelivery):
        outbox.begin(old)


def test_deliveries_go_out_in_order_of_entry_and_the_number_is_on_disk_before_the_wire(db, outbox, tmp_path):
    put(db, "a", "b", "c")
    put(db, "elsewhere", destination="register")
    seen = []
    while delivery := outbox.next_due():
        number = outbox.begin(delivery)
        with sqlite3.connect(tmp_path / "books.db") as other:
            on_disk = other.execute("SELECT state, number, attempts FROM outbox WHERE key = ?", (delivery.key,))
            assert on_disk.fetchone() == ("sending", number, 1)
        other.close()
        outbox.delivered(delivery, f"P{number}")
        seen.append((delivery.key, number))
    assert seen == [("a", 1), ("b", 2), ("c", 3)]
    assert outbox.pending_count() == 0


def test_the_same_thing_is_told_once(db, outbox):
    put(db, "a")
    with pytest.raises(sqlite3.IntegrityError):
        put(db, "a")
    put(db, "a", destination="register")
    assert outbox.pending_count() == 1


def test_what_is_unknown_or_refused_blocks_nobody(db, outbox):
    put(db, "a", "b", "c")
    for key, event in (("a", E.LOSE), ("b", E.REFUSE)):
        assert outbox.next_due().key == key
        outbox.begin(outbox.next_due())
        CALLS[event](outbox, outbox.by_key(key))
    assert outbox.next_due().key == "c"
    assert outbox.pending_count() == 3
    assert [each.key for each in outbox.in_state(S.UNKNOWN)] == ["a"]


def test_every_attempt_has_a_number_of_its_own(db, outbox):
    put(db, "a")
    numbers = []
    for _ in range(3):
        numbers.append(outbox.begin(outbox.next_due()))
        outbox.again(outbox.by_key("a"), "RY")
    assert numbers == [1, 2, 3]
    assert outbox.by_key("a").attempts == 3


def test_a_postponed_delivery_waits_and_lets_the_next_one_pass(db, outbox, clock):
    put(db, "a", "b")
    outbox.begin(outbox.by_key("a"))
    outbox.again(outbox.by_key("a"), "NA", pause=60)
    assert outbox.next_due().key == "b"
    clock.move(seconds=59)
    assert outbox.next_due().key == "b"
    clock.move(seconds=1)
    assert outbox.next_due().key == "a"


def test_a_clock_set_back_does_not_hold_a_delivery_for_hours(db, outbox, clock):
    put(db, "a")
    outbox.begin(outbox.by_key("a"))
    outbox.again(outbox.by_key("a"), "NA", pause=60)
    clock.move(hours=-5)
    assert outbox.next_due().key == "a"


def test_numbers_wrap_to_one_and_step_over_those_still_in_doubt(db, outbox):
    put(db, "a", "b", "c", "d")
    assert outbox.begin(outbox.by_key("a")) == 1
    outbox.unknown(outbox.by_key("a"), "silence")
    with sqlite3.connect(db.path) as other:
        other.execute("UPDATE counters SET value = ?", (HIGHEST_NUMBER - 1,))
    other.close()
    assert outbox.begin(outbox.by_key("b")) == HIGHEST_NUMBER
    assert outbox.begin(outbox.by_key("c")) == 2
    outbox.delivered(outbox.by_key("a"), "found")
    with sqlite3.connect(db.path) as other:
        other.execute("UPDATE counters SET value = ?", (HIGHEST_NUMBER,))
    other.close()
    assert outbox.begin(outbox.by_key("d")) == 1


def test_destinations_count_for_themselves(db, outbox):
    put(db, "a")
    put(db, "a", destination="register")
    register = Outbox(db, "register")
    assert (outbox.begin(outbox.next_due()), register.begin(register.next_due())) == (1, 1)
    register.close()


def test_an_attempt_under_way_when_the_process_died_is_unknown_not_repeated(db, outbox, tmp_path, clock):
    put(db, "a", "b")
    number = outbox.begin(outbox.next_due())
    again = Outbox(Database(tmp_path / "books.db", BOOKS, clock=clock), "pms")
    assert [(each.key, each.state) for each in again.recover()] == [("a", S.UNKNOWN)]
    assert again.next_due().key == "b"
    assert again.recover() == []
    assert again.by_number(number).key == "a"
    again.close()
    again.db.close()


def test_a_late_answer_finds_its_delivery_by_number_only_while_it_is_open(db, outbox):
    put(db, "a")
    first = outbox.begin(outbox.next_due())
    outbox.unknown(outbox.by_key("a"), "silence")
    assert outbox.by_number(first).key == "a"
    outbox.again(outbox.by_key("a"), "not in the journal")
    second = outbox.begin(outbox.next_due())
    assert outbox.by_number(first) is None
    outbox.delivered(outbox.by_number(second), "late")
    assert outbox.by_number(second) is None


def test_effects_are_part_of_the_answers_transaction(db, clock):
    class Refusing:
        def delivered(self, tx, delivery):
            enqueue(tx, "register", "request", "half", "{}", 0)
            raise ValueError("the effect failed")

        def refused(self, tx, delivery, reason):
            enqueue(tx, "register", "request", f"{delivery.key}:{reason}", "{}", 0)

        unknown = refused

    outbox = Outbox(db, "pms", Refusing())
    put(db, "a")
    outbox.begin(outbox.next_due())
    with pytest.raises(ValueError, match="effect"):
        outbox.delivered(outbox.by_key("a"), "x")
    assert outbox.by_key("a").state is S.SENDING
    outbox.refused(outbox.by_key("a"), "NP")
    outbox.again(outbox.by_key("a"), "credit given")
    outbox.begin(outbox.next_due())
    outbox.unknown(outbox.by_key("a"), "silence")
    outbox.again(outbox.by_key("a"), "not in the journal")
    outbox.begin(outbox.next_due())
    outbox.recover()
    outbox.recover()
    told = [each.key for each in Outbox(db, "register").in_state(S.QUEUED)]
    assert told == ["a:NP", "a:silence", "a:interrupted"]
    outbox.close()


def test_deliveries_are_counted_by_state(db, outbox):
    put(db, "a", "b", "c")
    put(db, "x", destination="register")
    for answer in (outbox.delivered, outbox.unknown):
        delivery = outbox.next_due()
        outbox.begin(delivery)
        answer(delivery, "test")
    assert outbox.counts() == {S.DELIVERED: 1, S.UNKNOWN: 1, S.QUEUED: 1}


def test_a_delivery_says_nothing_of_its_content(db, outbox):
    put(db, "a")
    assert repr(outbox.next_due()) == "Delivery(pms posting a queued)"


async def test_the_worker_notices_another_process_long_before_its_wait_is_over(db, outbox, tmp_path, clock):
    writer = Database(tmp_path / "books.db", BOOKS, clock=clock)
    loop = asyncio.get_running_loop()
    waiting = asyncio.ensure_future(outbox.wait(30.0))
    await asyncio.sleep(0)
    put(writer, "a")
    start = loop.time()
    await waiting
    assert loop.time() - start < 2.0
    assert outbox.next_due().key == "a"
    writer.close()


async def test_the_wait_ends_by_itself(outbox):
    loop = asyncio.get_running_loop()
    start = loop.time()
    await outbox.wait(0.1)
    assert 0.09 <= loop.time() - start < 5.0
