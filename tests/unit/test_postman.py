import sqlite3
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from kiosk.books.desk import REGISTER
from kiosk.books.doubts import Outcome, Said, Verdict, resolve
from kiosk.books.postings import PMS, POSTING, Posting, room_postings
from kiosk.books.trial import give_up, trial
from kiosk.books.waiting import tell_waiting
from kiosk.hotel.news import Answer, LateAnswer, NoAnswer
from kiosk.hotel.postman import LOOK_WAITING, UNSENT, UNTOLD, UNTOLD_TRIES, WAITED_LONG, Postman
from kiosk.outbox import DeliveryState, Outbox, enqueue
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS
from tests.books_kit import SetClock

S = DeliveryState
RETRY, SETTLED = 30.0, 60.0
FREE_TEXT = "DENIED FOR THE GUEST OF 0101"


class Seconds:
    now = 0.0

    def __call__(self):
        return self.now


class Post:
    """A postman over books of his own; ``pass_`` lets time pass on both clocks, which ``clock`` alone may jump."""

    def __init__(self, folder):
        self.clock, self.seconds = SetClock(), Seconds()
        self.db = Database(folder / "books.db", BOOKS, clock=self.clock)
        self.postings = room_postings(self.db)
        self.man = Postman(self.postings, ZoneInfo("UTC"), RETRY, self.seconds)
        self._sold = 0

    def sell(self, room="0101", reservation="77", minor=150):
        self._sold += 1
        key, now = f"charge-{self._sold}", self.db.now()
        posting = Posting(self._sold, key, "copy", minor, 0, "CNY", "Copy", now, room, reservation, "Not To Be Kept")
        with self.db.transaction() as tx:
            enqueue(tx, PMS, POSTING, key, posting.encode(), now)
        return key

    def state(self, key):
        return self.postings.by_key(key).state

    def pass_(self, seconds):
        self.clock.move(seconds=seconds)
        self.seconds.now += seconds

    def asked(self):
        """What staff were asked, without what was taken back."""
        keys = [each.key for each in Outbox(self.db, REGISTER).in_state(S.QUEUED)]
        return [key for key in keys if f"{key}:withdrawn" not in keys and not key.endswith(":withdrawn")]

    async def begin(self, balance=None):
        assert await self.man.next()
        return await self.man.begin(balance)

    async def lose(self, balance=1000):
        attempt = await self.begin(balance)
        await self.man.unanswered(NoAnswer(attempt.number, "timeout"))
        return attempt


@pytest.fixture
async def post(tmp_path):
    post = Post(tmp_path)
    yield post
    await post.man.close()
    post.db.close()


@pytest.mark.parametrize("other", [("0101", "77"), ("0202", "77"), ("0101", ""), ("0202", ""), ("0202", "78")])
async def test_whatever_else_of_ours_went_out_the_balance_may_have_been_moved_by_it(post, other):
    """A guest moves, shares a room, or pays for another's: none of it is for this kiosk to know."""
    post.sell()
    await post.lose()
    [doubt] = await post.man.doubts(0)
    assert post.man.undisturbed(doubt)
    post.sell(*other)
    await post.man.answered(Answer((await post.begin()).number, "OK"))
    assert not post.man.undisturbed(doubt)


async def test_no_balance_is_noted_while_anything_of_ours_is_in_doubt(post):
    post.sell()
    await post.lose()
    post.sell("0202", "78")
    await post.lose(2000)
    assert [doubt.balance for doubt in await post.man.doubts(0)] == [1000, None]


async def test_the_charge_that_was_under_way_when_the_process_ended_is_undisturbed_and_no_older_one(post):
    post.sell()
    await post.lose()
    post.sell()
    await post.begin()
    again = Postman(post.postings, ZoneInfo("UTC"), RETRY, post.seconds)
    await again.recover()
    assert [again.undisturbed(doubt) for doubt in await again.doubts(0)] == [False, True]
    await again.close()


@pytest.mark.parametrize("hours", [-5, 5])
async def test_a_clock_that_is_set_makes_no_doubt_older(post, hours):
    post.sell()
    await post.lose()
    post.clock.move(hours=hours)
    assert await post.man.doubts(SETTLED) == []
    post.pass_(SETTLED - 1)
    assert await post.man.doubts(SETTLED) == []
    post.pass_(1)
    assert len(await post.man.doubts(SETTLED)) == 1


async def test_a_doubt_of_an_earlier_life_settles_anew(post):
    post.sell()
    await post.lose()
    post.pass_(SETTLED)
    again = Postman(post.postings, ZoneInfo("UTC"), RETRY, post.seconds)
    assert await again.doubts(SETTLED) == []
    post.pass_(SETTLED)
    assert len(await again.doubts(SETTLED)) == 1
    await again.close()


async def test_a_late_answer_before_it_is_sent_again_leaves_nothing_to_send(post):
    key = post.sell()
    first = await post.lose()
    resolve(post.postings, key, Outcome.NOT_POSTED, "AB")
    assert await post.man.next()
    await post.man.late(LateAnswer(first.number, "OK"))
    assert await post.man.begin(1000) is None
    assert (post.state(key), post.postings.by_key(key).attempts) == (S.DELIVERED, 1)


@pytest.mark.parametrize("then", ["begin", "postpone"])
async def test_a_trial_given_up_while_the_hotel_system_is_asked_is_not_sent(post, then):
    key = trial(post.postings, "0101", 1, "CNY", "TEST")
    assert await post.man.next()
    assert give_up(post.postings, key, "nobody waits")
    assert await (post.man.begin() if then == "begin" else post.man.postpone("timeout")) is None
    assert (post.state(key), post.postings.by_key(key).remark) == (S.WITHDRAWN, "nobody waits")


async def test_a_charge_whose_inquiry_is_never_answered_is_for_a_person_in_the_end(post):
    key = post.sell()
    for _ in range(UNTOLD_TRIES):
        assert post.state(key) is S.QUEUED
        assert await post.man.next()
        await post.man.postpone("timeout")
        post.pass_(RETRY)
    assert (post.state(key), post.postings.by_key(key).remark) == (S.REFUSED, UNTOLD)
    assert post.asked() == [f"{key}:refused:{UNTOLD_TRIES}"]


async def test_an_inquiry_without_an_answer_does_not_count_the_retries_anew(post):
    key = post.sell()
    for tries in range(5):
        assert await post.man.next()
        await post.man.postpone("timeout")
        post.pass_(RETRY)
        assert post.state(key) is S.QUEUED, tries
        await post.man.answered(Answer((await post.begin()).number, "RY"))
        post.pass_(RETRY)
    assert (post.state(key), post.postings.by_key(key).remark) == (S.REFUSED, "hotel.refused.ry")


async def test_a_trial_that_the_line_would_not_take_is_over(post):
    key = trial(post.postings, "0101", 1, "CNY", "TEST")
    assert await post.man.take()
    await post.man.unsent()
    assert (post.state(key), post.postings.by_key(key).remark) == (S.WITHDRAWN, UNSENT)


async def test_a_trial_begun_ahead_and_put_back_still_waits(post):
    """Of two technicians at once the first one's link ends while the second one's posting is the next."""
    post.sell()
    key = trial(post.postings, "0101", 1, "CNY", "TEST")
    first = await post.man.take()
    await post.man.answered(Answer(first.number, "OK"), ahead=True)
    assert post.state(key) is S.SENDING
    await post.man.put_back()
    assert post.state(key) is S.QUEUED
    second = await post.man.take()
    assert (second.posting.charge, second.number > first.number) == (key, True)


@pytest.mark.parametrize("status", ["RY", "NA", "NP"])
async def test_a_trial_that_waited_for_hours_and_is_over_is_nobodys_any_more(post, status):
    key = trial(post.postings, "0101", 1, "CNY", "TEST")
    post.pass_(WAITED_LONG)
    await post.man.tell_waiting()
    assert post.asked() == [f"{key}:waiting"]
    await post.man.answered(Answer((await post.begin()).number, status))
    assert (post.state(key), post.asked()) == (S.WITHDRAWN, [])


async def test_staff_are_told_once_of_a_charge_that_waits_for_hours(post):
    key = post.sell()
    await post.man.tell_waiting()
    post.pass_(WAITED_LONG - 1)
    await post.man.tell_waiting()
    assert post.asked() == []
    for _ in range(3):
        post.pass_(LOOK_WAITING)
        await post.man.tell_waiting()
    assert post.asked() == [f"{key}:waiting"]
    await post.man.answered(Answer((await post.begin()).number, "OK"))
    assert post.asked() == []


async def test_a_charge_that_waited_and_then_got_lost_is_asked_about_as_lost_only(post):
    key = post.sell()
    post.pass_(WAITED_LONG)
    await post.man.tell_waiting()
    await post.lose()
    assert post.asked() == [f"{key}:unknown:1"]


async def test_those_that_wait_are_found_by_an_index(post):
    post.sell()
    plans = []
    post.db.trace(plans.append)
    assert tell_waiting(post.postings, 0.0) == ["charge-1"]
    post.db.trace(None)
    with sqlite3.connect(post.db.path) as other:
        for sql in (each for each in plans if each.startswith("SELECT")):
            steps = [row[3] for row in other.execute(f"EXPLAIN QUERY PLAN {sql}")]
            assert not [step for step in steps if step.startswith("SCAN outbox") or "TEMP B-TREE" in step], (sql, steps)
    other.close()


async def test_free_text_in_place_of_a_status_is_not_kept(post):
    key = post.sell()
    with capture_logs() as logs:
        await post.man.answered(Answer((await post.begin()).number, FREE_TEXT))
        await post.man.late(LateAnswer(1, FREE_TEXT))
        await post.man.late(LateAnswer(99, FREE_TEXT))
    assert (post.state(key), post.postings.by_key(key).remark) == (S.UNKNOWN, "answer other")
    assert len(logs) == 4
    assert "GUEST" not in str(logs)


async def test_the_outbox_is_not_asked_again_before_something_was_committed(post):
    assert await post.man.take() is None
    assert not post.man.has_work()
    post.sell()
    await post.man.commit()
    assert post.man.has_work()


async def test_an_attempt_begun_ahead_that_cannot_go_is_no_doubt(post):
    key = [post.sell(), post.sell()][1]
    first = await post.man.take()
    await post.man.answered(Answer(first.number, "OK"), ahead=True)
    assert post.state(key) is S.SENDING
    await post.man.put_back()
    assert (post.state(key), post.asked()) == (S.QUEUED, [])
    assert (await post.man.take()).number == first.number + 2


@pytest.mark.parametrize(
    ("status", "state", "event"),
    [("RY", S.QUEUED, "posting.put-off"), ("NA", S.QUEUED, "posting.put-off"), ("NG", S.REFUSED, "posting.refused")],
)
async def test_the_log_says_what_became_of_a_charge_that_was_not_taken(post, status, state, event):
    key = post.sell()
    attempt = await post.man.take()
    with capture_logs() as logs:
        await post.man.answered(Answer(attempt.number, status))
    assert (post.state(key), [each["event"] for each in logs]) == (state, [event])


async def test_a_refusal_after_an_earlier_attempt_turned_out_to_be_there_is_logged_as_what_it_is(post):
    key = post.sell()
    first = await post.lose()
    resolve(post.postings, key, Outcome.NOT_POSTED, "AB")
    second = await post.man.take()
    await post.man.late(LateAnswer(first.number, "OK"))
    with capture_logs() as logs:
        await post.man.answered(Answer(second.number, "NG"))
    assert (post.state(key), [each["event"] for each in logs]) == (S.DELIVERED, ["posting.delivered"])


async def test_what_was_decided_meanwhile_is_left_alone(post):
    key = post.sell()
    await post.lose()
    [doubt] = await post.man.doubts(0)
    resolve(post.postings, key, Outcome.POSTED, "AB")
    assert await post.man.settle(doubt.delivery, Verdict(Said.POSTED, "balance"))
    assert post.postings.by_key(key).remark == "by AB"
