"""Sending what is to be told, at least once, and never in the way of an act.

For every channel the store remembers up to which record everything is sent, and which notices
it still owes. A notice is sent first and noted after: whoever is killed between sends it again,
under the same id.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.desk import Desk
from engine.errors import GuichengError
from engine.outbox.channels import Channel, Undelivered
from engine.outbox.notices import Notice, notices_of
from engine.store.owed import Owed, Owing
from engine.store.rows import Stored
from engine.text import Text, say

LIMIT = 200  # notices a channel is asked to send at one time
PATIENCE = 2  # failures in a row after which a channel is left alone until the next time
PAGE = 200  # records read at one time


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """How many notices went out, and what each channel that failed says."""

    sent: int
    failed: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What one channel has not sent yet: how many notices, and the last reason why not."""

    channel: str
    count: int
    why: str | None


class Courier:
    """Takes notices to one channel."""

    def __init__(self, desk: Desk, channel: Channel) -> None:
        self.desk = desk
        self.channel = channel
        self.owing = Owing(desk.store, channel.name)
        self.sent = self.tried = self._in_a_row = 0
        self.why: Text | None = None

    def deliver(self, limit: int = LIMIT) -> None:
        """Send what is new and what is owed, at most `limit` notices.

        A channel begins with what happens after it is first met: nobody is sent the past.
        """
        latest = self.desk.store.last_position()
        if self.owing.mark() is None:
            self.owing.begin(latest)
            return
        self._send_new(latest, limit)
        self._send_owed(limit)

    def backlog(self) -> Backlog:
        """How many notices wait for this channel."""
        owed = self.owing.owed(None)
        mark = self.owing.mark()
        waiting = 0 if mark is None else sum(1 for _ in self._waiting(mark))
        latest = max(owed, key=lambda one: one.at, default=None)
        return Backlog(
            channel=self.channel.name,
            count=len(owed) + waiting,
            why=latest.why if latest else None,
        )

    def _waiting(self, mark: int) -> Iterable[Notice]:
        while page := self.desk.store.written(mark, PAGE):
            for stored in page:
                yield from notices_of(self.desk, stored)
            mark = page[-1].position

    def _send_new(self, latest: int, limit: int) -> None:
        mark = self.owing.mark() or 0
        while mark < latest and self._may_go_on(limit):
            page = self.desk.store.written(mark, PAGE)
            quiet = mark
            for stored in page:
                notices = notices_of(self.desk, stored)
                if notices and not self._may_go_on(limit):
                    break
                if notices:
                    self.take(stored, notices)
                quiet = stored.position
            self.owing.note(quiet, ())
            if not page or quiet == mark:
                return
            mark = quiet

    def take(self, stored: Stored, notices: tuple[Notice, ...]) -> None:
        """Send a record's notices, then note that they are sent, or owed."""
        at = self.desk.clock()
        failed = [
            Owed.of(notice.position, notice.person, notice.kind, str(why), at)
            for notice in notices
            if (why := self.send(notice)) is not None
        ]
        self.owing.note(stored.position, failed)

    def _send_owed(self, limit: int) -> None:
        for one in self.owing.owed(limit):
            if not self._may_go_on(limit):
                return
            (stored,) = self.desk.store.written(one.position - 1, 1)
            found = notices_of(self.desk, stored)
            notice = next((n for n in found if (n.person, n.kind) == (one.person, one.kind)), None)
            why = self.send(notice) if notice is not None else None
            if why is None:
                self.owing.settle(one)
            else:
                self.owing.put_off(one, str(why), self.desk.clock())

    def send(self, notice: Notice) -> Text | None:
        """Try to send one notice; why it did not go, or None."""
        if self._in_a_row >= PATIENCE:
            return self.why or say("尚未再试")
        self.tried += 1
        try:
            self.channel.send(notice)
        except Undelivered as error:
            self._in_a_row += 1
            self.why = error.text
            return error.text
        self._in_a_row = 0
        self.sent += 1
        return None

    def _may_go_on(self, limit: int) -> bool:
        return self.tried < limit and self._in_a_row < PATIENCE


def deliver(desk: Desk, channels: Iterable[Channel], limit: int = LIMIT) -> Delivered:
    """Let every channel send what it has to; one that fails holds up no other."""
    sent, failed = 0, []
    for channel in channels:
        courier = Courier(desk, channel)
        try:
            courier.deliver(limit)
        except GuichengError as error:
            courier.why = error.text
        sent += courier.sent
        if courier.why is not None:
            failed.append(say("{channel}:{why}", channel=channel.name, why=courier.why))
    return Delivered(sent=sent, failed=tuple(failed))


def backlogs(desk: Desk, channels: Iterable[Channel]) -> tuple[Backlog, ...]:
    """What every channel has still to send."""
    return tuple(Courier(desk, channel).backlog() for channel in channels)
