import asyncio
import sqlite3
from itertools import product

import pytest

from kiosk.outbox import (
    HIGHEST_NUMBER,
    Delay,
    DeliveryEvent,
    DeliveryState,
    IllegalDelivery,
    Outbox,
    enqueue,
)
from kiosk.store.database import Database, Schema
from kiosk.store.migrations import BOOKS
from tests.books_kit import SetClock

S, E = DeliveryState, DeliveryEvent

LIFE = {
    S.QUEUED: {E.BEGIN: S.SENDING, E.DELIVER: S.DELIVERED, E.REFUSE: S.REFUSED, E.WITHDRAW: S.WITHDRAWN},
    S.SENDING: {E.DELIVER: S.DELIVERED, E.REFUSE: S.REFUSED, E.AGAIN: S.QUEUED, E.LOSE: S.UNKNOWN},
    S.UNKNOWN: {E.DELIVER: S.DELIVERED, E.REFUSE: S.REFUSED, E.AGAIN: S.QUEUED},
    S.REFUSED: {E.DELIVER: S.DELIVERED, E.AGAIN: S.QUEUED, E.WITHDRAW: S.WITHDRAWN},
    S.DELIVERED: {},
    S.WITHDRAWN: {},
}
CALLS = {
    E.BEGIN: lambda outbox, delivery: outbox.begin(delivery),
    E.DELIVER: lambda outbox, delivery: outbox.delivered(delivery, "evidence"),
    E.REFUSE: lambda outbox, delivery: outbox.refused(delivery, "NP"),
    E.AGAIN: lambda outbox, delivery: outbox.again(delivery, "NA"),
    E.LOSE: lambda outbox, delivery: outbox.unknown(delivery, "silence"),
    E.WITHDRAW: lambda outbox, delivery: outbox.withdraw(delivery, "nobody wants it"),
}
WAYS = {
    S.QUEUED: [],
    S.SENDING: [E.BEGIN],
    S.UNKNOWN: [E.BEGIN, E.LOSE],
    S.REFUSED: [E.BEGIN, E.REFUSE],
    S.DELIVERED: [E.BEGIN, E.DELIVER],
    S.WITHDRAWN: [E.WITHDRAW],
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
    outbox.late_delivered(1, "found")
    with sqlite3.connect(db.path) as other:
        other.execute("UPDATE counters SET value = ?", (HIGHEST_NUMBER,))
    other.close()
    assert outbox.begin(outbox.by_key("d")) == 1


def test_a_destination_of_fewer_digits_gets_no_longer_number_and_still_none_in_doubt(db):
    outbox = Outbox(db, "pms", highest=3)
    put(db, *"abcde")
    numbers = []
    for key in "abcde":
        numbers.append(outbox.begin(outbox.by_key(key)))
        if key in "bde":  # two are in doubt and then all three: worse than a number twice is no posting at all
            outbox.unknown(outbox.by_key(key), "silence")
        else:
            outbox.delivered(outbox.by_key(key), "OK")
    assert numbers == [1, 2, 3, 1, 3]
    assert 1 <= outbox.sequence() <= 3
    outbox.close()


def test_a_number_agreed_lower_than_those_of_before_begins_anew(db, outbox):
    put(db, "a")
    with sqlite3.connect(db.path) as other:
        other.execute("INSERT INTO counters VALUES ('sequence:pms', 123456)")
    other.close()
    assert Outbox(db, "pms", highest=9999).begin(outbox.by_key("a")) <= 9999


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


def lost(outbox, key="a"):
    """One more attempt without an answer; its number."""
    number = outbox.begin(outbox.by_key(key))
    outbox.unknown(outbox.by_key(key), "silence")
    return number


def test_any_attempt_without_an_answer_is_found_by_its_number_until_it_has_one(db, outbox):
    put(db, "a")
    first = lost(outbox)
    outbox.again(outbox.by_key("a"), "a person said so")
    second = lost(outbox)
    assert (outbox.by_number(first).key, outbox.by_number(second).key) == ("a", "a")
    assert outbox.late_refused(first, "NP").state is S.UNKNOWN
    assert outbox.by_number(first) is None
    assert outbox.late_refused(first, "NP") is None
    assert outbox.late_delivered(second, "OK").state is S.DELIVERED
    assert outbox.late_delivered(99, "OK") is None


class Told:
    """Effects that only listen."""

    def __init__(self):
        self.heard = []

    def delivered(self, tx, delivery):
        self.heard.append("delivered")

    def refused(self, tx, delivery, reason):
        self.heard.append("refused")

    def again(self, tx, delivery, reason):
        pass

    def unknown(self, tx, delivery, reason):
        self.heard.append("unknown")

    def surprised(self, tx, delivery, surprise):
        self.heard.append(surprise.value)


@pytest.fixture
def told(db):
    outbox = Outbox(db, "pms", Told())
    put(db, "a")
    yield outbox
    outbox.close()


AGAIN = [E.AGAIN, E.BEGIN]


@pytest.mark.parametrize(
    ("since", "state", "heard"),
    [
        ([], S.DELIVERED, ["delivered"]),
        ([E.AGAIN], S.DELIVERED, ["delivered"]),
        ([E.DELIVER], S.DELIVERED, ["delivered"]),
        ([E.REFUSE], S.DELIVERED, ["refused", "delivered", "after-all"]),
        ([E.REFUSE, E.WITHDRAW], S.WITHDRAWN, ["refused", "after-all"]),
        (AGAIN, S.SENDING, []),
        ([*AGAIN, E.LOSE], S.DELIVERED, ["unknown", "delivered", "perhaps-twice"]),
        ([*AGAIN, E.AGAIN], S.DELIVERED, ["delivered"]),
        ([*AGAIN, E.REFUSE], S.DELIVERED, ["refused", "delivered", "after-all"]),
        ([*AGAIN, E.DELIVER], S.DELIVERED, ["delivered", "twice"]),
        ([*AGAIN, E.LOSE, E.DELIVER], S.DELIVERED, ["unknown", "delivered", "perhaps-twice"]),
        ([*AGAIN, E.REFUSE, E.DELIVER], S.DELIVERED, ["refused", "delivered", "perhaps-twice"]),
    ],
    ids=lambda it: "-".join(step.value for step in it if isinstance(step, E)) if isinstance(it, list) else "",
)
def test_a_late_yes_is_never_silence_whatever_was_done_since(told, since, state, heard):
    number = lost(told)
    for event in since:
        CALLS[event](told, told.by_key("a"))
    assert told.late_delivered(number, "P#1").state is state
    assert told._effects.heard == ["unknown", *heard]
    assert told.late_delivered(number, "P#1") is None


@pytest.mark.parametrize(
    ("event", "heard"),
    [
        (E.DELIVER, ["delivered", "twice"]),
        (E.REFUSE, ["delivered"]),
        (E.AGAIN, ["delivered"]),
        (E.LOSE, ["delivered", "perhaps-twice"]),
    ],
    ids=lambda it: it.value if isinstance(it, E) else "",
)
def test_a_late_yes_during_the_next_attempt_counts_when_that_one_ends(told, event, heard):
    number = lost(told)
    for step in AGAIN:
        CALLS[step](told, told.by_key("a"))
    told.late_delivered(number, "P#1")
    CALLS[event](told, told.by_key("a"))
    assert told.by_key("a").state is S.DELIVERED
    assert told._effects.heard == ["unknown", *heard]


def twice_lost(told):
    """The numbers of two attempts without an answer; after both a person said that it is not there."""
    numbers = []
    for _ in range(2):
        numbers.append(lost(told))
        told.again(told.by_key("a"), "a person said so")
    return numbers


def test_each_late_yes_beyond_the_first_says_that_it_is_there_twice(told):
    older, newer = twice_lost(told)
    for number in (older, newer):
        assert told.late_delivered(number, "late").state is S.DELIVERED
    assert told._effects.heard == ["unknown", "unknown", "delivered", "twice"]


@pytest.mark.parametrize("event", [E.REFUSE, E.AGAIN, E.LOSE], ids=lambda it: it.value)
def test_two_late_yeses_during_one_attempt_are_twice_whatever_becomes_of_it(told, event):
    older, newer = twice_lost(told)
    told.begin(told.by_key("a"))
    for number in (older, newer):
        assert told.late_delivered(number, "late").state is S.SENDING
    CALLS[event](told, told.by_key("a"))
    assert told._effects.heard == ["unknown", "unknown", "delivered", "twice"]


def test_an_attempt_that_was_lost_after_an_earlier_late_yes_still_has_an_answer_to_come(told):
    older, newer = twice_lost(told)
    newest = lost_after(told, older)
    assert told.late_delivered(newest, "late").state is S.DELIVERED
    assert told.late_refused(newer, "late").state is S.DELIVERED
    assert told._effects.heard == ["unknown", "unknown", "delivered", "perhaps-twice", "twice"]


def lost_after(told, earlier):
    """One more attempt without an answer, while the ``earlier`` one was answered yes; its number."""
    number = told.begin(told.by_key("a"))
    told.late_delivered(earlier, "late")
    told.unknown(told.by_key("a"), "silence")
    return number


def test_a_process_that_dies_after_a_late_yes_leaves_no_doubt_about_once(told):
    number = lost(told)
    for step in AGAIN:
        CALLS[step](told, told.by_key("a"))
    told.late_delivered(number, "P#1")
    assert told.recover() == []
    assert told.by_key("a").state is S.DELIVERED
    assert told._effects.heard == ["unknown", "delivered", "perhaps-twice"]


@pytest.mark.parametrize(("late", "state"), [("late_refused", S.REFUSED), ("late_again", S.QUEUED)])
def test_a_late_no_decides_only_for_the_newest_attempt(told, late, state):
    first = lost(told)
    told.again(told.by_key("a"), "a person said so")
    second = lost(told)
    assert getattr(told, late)(first, "no").state is S.UNKNOWN
    assert getattr(told, late)(second, "no").state is state


@pytest.mark.parametrize("late", ["late_refused", "late_again"])
def test_a_late_no_to_what_somebody_said_is_there_is_told_once_no_attempt_can_be_there_any_more(told, late):
    first = lost(told)
    told.again(told.by_key("a"), "a person said so")
    second = lost(told)
    told.delivered(told.by_key("a"), "a person said so")
    assert getattr(told, late)(second, "no").state is S.DELIVERED
    assert told._effects.heard[-1] == "delivered"
    getattr(told, late)(first, "no")
    assert told._effects.heard[-1] == "absent"


@pytest.mark.parametrize("late", ["late_refused", "late_again"])
def test_a_late_no_to_what_nobody_said_is_there_surprises_nobody(told, late):
    first = lost(told)
    for step in [E.AGAIN, E.BEGIN, E.REFUSE]:
        CALLS[step](told, told.by_key("a"))
    assert getattr(told, late)(first, "no").state is S.REFUSED
    assert told._effects.heard == ["unknown", "refused"]


def test_a_number_that_two_lost_attempts_have_is_the_newer_ones(db, clock):
    """There are no more numbers than doubts; the older one's answer would have come long ago."""
    outbox = Outbox(db, "pms", highest=1)
    put(db, "a", "b")
    for key in ("a", "b"):
        assert outbox.begin(outbox.by_key(key)) == 1
        outbox.unknown(outbox.by_key(key), "silence")
    assert outbox.late_delivered(1, "late").key == "b"
    assert outbox.late_delivered(1, "late").key == "a"
    outbox.close()


def test_the_answer_to_the_attempt_under_way_is_no_late_one(told):
    number = told.begin(told.by_key("a"))
    assert told.late_delivered(number, "OK") is None
    assert told.by_key("a").state is S.SENDING


def test_what_is_put_off_again_and_again_is_for_a_person_and_then_counted_anew(told):
    def put_off():
        told.begin(told.by_key("a"))
        return told.put_off(told.by_key("a"), "RY", 0, tries=3).state

    assert [put_off() for _ in range(3)] == [S.QUEUED, S.QUEUED, S.REFUSED]
    assert (told.by_key("a").state, told.by_key("a").remark) == (S.REFUSED, "RY")
    told.again(told.by_key("a"), "the hotel system is well again")
    assert put_off() is S.QUEUED
    told.begin(told.by_key("a"))
    told.again(told.by_key("a"), "NA")  # a night audit is no failure
    assert [put_off() for _ in range(3)] == [S.QUEUED, S.QUEUED, S.REFUSED]


def test_what_is_held_before_it_goes_is_counted_apart_from_what_was_put_off(told):
    def delayed(delay, tries):
        told.begin(told.by_key("a"))
        return told.put_off(told.by_key("a"), delay.value, 0, tries, delay).state

    put_off, held = Delay.PUT_OFF, Delay.HELD
    assert [delayed(put_off, 3), delayed(held, 4), delayed(put_off, 3)] == [S.QUEUED] * 3
    assert [delayed(held, 4), delayed(held, 4)] == [S.QUEUED] * 2
    assert delayed(put_off, 3) is S.REFUSED
    told.again(told.by_key("a"), "a person said so")
    assert delayed(held, 4) is S.QUEUED
    told.begin(told.by_key("a"))
    told.again(told.by_key("a"), "NA")
    assert [delayed(held, 2), delayed(held, 2)] == [S.QUEUED, S.REFUSED]


def test_a_file_of_before_knows_which_attempts_still_wait_for_an_answer(tmp_path, clock):
    """Written by the first version: the attempts had no answers, only the newest of a doubt can still get one."""
    first = Database(tmp_path / "old.db", Schema(BOOKS.name, BOOKS.application_id, BOOKS.migrations[:1]), clock=clock)
    put(first, "done", "doubt")
    with sqlite3.connect(first.path) as other:
        other.execute("UPDATE outbox SET state = 'delivered', number = 1, attempts = 1 WHERE key = 'done'")
        other.execute("UPDATE outbox SET state = 'unknown', number = 3, attempts = 2 WHERE key = 'doubt'")
        other.execute("INSERT INTO attempts (delivery, number, begun_at) VALUES (1, 1, 0), (2, 2, 0), (2, 3, 0)")
    other.close()
    first.close()
    outbox = Outbox(Database(tmp_path / "old.db", BOOKS, clock=clock), "pms")
    assert [bool(outbox.by_number(number)) for number in (1, 2, 3)] == [False, False, True]
    assert [(each.delivery.key, each.balance, each.asked) for each in outbox.doubts()] == [("doubt", None, 0)]
    assert outbox.late_delivered(3, "P#3").state is S.DELIVERED
    outbox.db.close()


def test_a_question_has_a_number_that_no_attempt_has(db, outbox):
    put(db, "a", "b")
    numbers = [outbox.sequence(), outbox.begin(outbox.by_key("a")), outbox.sequence(), outbox.begin(outbox.by_key("b"))]
    assert numbers == [1, 2, 3, 4]
    assert outbox.by_number(1) is None


def test_a_doubt_knows_the_balance_before_and_how_often_it_was_asked_about(db, outbox, clock):
    put(db, "a", "b")
    outbox.begin(outbox.by_key("a"), balance=-1250)
    outbox.unknown(outbox.by_key("a"), "silence")
    lost(outbox, "b")
    assert [(each.delivery.key, each.balance, each.asked) for each in outbox.doubts()] == [
        ("a", -1250, 0),
        ("b", None, 0),
    ]
    outbox.asked(outbox.by_key("a"), pause=60)
    assert [each.delivery.key for each in outbox.doubts()] == ["b"]
    clock.move(seconds=60)
    assert [(each.delivery.key, each.balance, each.asked) for each in outbox.doubts()] == [
        ("a", -1250, 1),
        ("b", None, 0),
    ]
    outbox.again(outbox.by_key("a"), "not there")
    outbox.begin(outbox.by_key("a"), balance=0)
    outbox.unknown(outbox.by_key("a"), "silence")
    assert [(each.balance, each.asked) for each in outbox.doubts() if each.delivery.key == "a"] == [(0, 0)]
    clock.move(hours=-5)
    assert [each.delivery.key for each in outbox.doubts()] == ["a", "b"]


def test_a_doubt_that_is_cleared_up_is_not_held(db, outbox, clock):
    put(db, "a")
    lost(outbox)
    delivery = outbox.by_key("a")
    outbox.again(delivery, "not there")
    outbox.asked(delivery, pause=3600)
    assert outbox.next_due().key == "a"


def test_a_year_of_delivered_ones_is_never_walked_through(db, outbox):
    """Every statement of the daily work finds its rows by an index, and among those with ten thousand in the queue."""
    put(db, "a", "b")
    lost(outbox)
    plans = []

    def explain(sql):
        if sql.lstrip().upper().startswith(("SELECT", "UPDATE")):
            plans.append(sql)

    db.trace(explain)
    outbox.next_due(), outbox.pending_count(), outbox.counts(), outbox.by_key("b"), outbox.by_number(1)
    outbox.doubts(), outbox.in_state(S.UNKNOWN)
    outbox.delivered(outbox.by_key("a"), "OK")
    outbox.begin(outbox.by_key("b"))
    outbox.recover()
    db.trace(None)
    with sqlite3.connect(db.path) as other:
        for sql in plans:
            steps = [row[3] for row in other.execute(f"EXPLAIN QUERY PLAN {sql}")]
            assert not [step for step in steps if step.startswith("SCAN ") or "TEMP B-TREE" in step], (sql, steps)
    other.close()
    assert len(plans) > 12
    for wanted in ("state IN", "ORDER BY outbox.seq", "answer IS NULL"):
        assert any(wanted in sql for sql in plans)


def test_effects_are_part_of_the_answers_transaction(db, clock):
    class Refusing:
        def delivered(self, tx, delivery):
            enqueue(tx, "register", "request", "half", "{}", 0)
            raise ValueError("the effect failed")

        def refused(self, tx, delivery, reason):
            enqueue(tx, "register", "request", f"{delivery.key}:{reason}", "{}", 0)

        again = unknown = refused

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
    assert told == ["a:NP", "a:credit given", "a:silence", "a:not in the journal", "a:interrupted"]
    outbox.close()


def test_what_has_not_ended_is_counted_by_state(db, outbox):
    put(db, "a", "b", "c")
    put(db, "x", destination="register")
    for answer in (outbox.delivered, outbox.unknown):
        delivery = outbox.next_due()
        outbox.begin(delivery)
        answer(delivery, "test")
    assert outbox.counts() == {S.UNKNOWN: 1, S.QUEUED: 1}
    assert outbox.pending_count() == 2


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
    assert loop.time() - start < 10.0
    assert outbox.next_due().key == "a"
    writer.close()


async def test_the_wait_ends_by_itself(outbox):
    loop = asyncio.get_running_loop()
    start = loop.time()
    await outbox.wait(0.1)
    assert 0.09 <= loop.time() - start < 5.0
