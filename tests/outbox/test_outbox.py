"""Notices go out after the commit, at least once, and tell nobody what is in a form."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path

import pytest

from engine.desk import Desk, Receipt
from engine.evidence.signing import Signer
from engine.kernel import events as happened
from engine.kernel.command import Decision, Perform
from engine.outbox import channels
from engine.outbox.channels import Channel, FolderChannel, MailChannel, WebChannel
from engine.outbox.delivery import Courier, backlogs, deliver
from engine.outbox.notices import Notice, notices_of
from engine.rehearsal.office import Office
from engine.store.owed import Owing
from engine.store.rows import Stored
from engine.store.store import Store
from tests.conftest import open_office
from tests.outbox.servers import (
    PASSWORD,
    Letters,
    MailServer,
    WebServer,
    certificate,
    mailing,
    serving,
)
from tests.store.test_boxes import copy_to, opened, titled

NOW = datetime.fromisoformat("2026-11-02T10:00:00+08:00")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def web() -> Iterator[WebServer]:
    server = WebServer()
    with serving(server):
        yield server


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mailing() as server:
        yield server


def on_disk(path: Path) -> Office:
    return Office(titled(), NOW, os.urandom, Store.create(path, "outbox.example"))


def web_channel(server: WebServer) -> WebChannel:
    return WebChannel(name="web", language="zh", url=server.url, token_file=None)


def mail_channel(server: MailServer, **addresses: str) -> MailChannel:
    return MailChannel(
        name="mail",
        language="zh",
        host="127.0.0.1",
        port=server.port,
        sender="guicheng@office.example",
        security="none",
        domain="office.example",
        addresses=addresses,
        user="",
        password_file=None,
    )


def wanted_ids(desk: Desk, after: int) -> set[str]:
    return {
        notice.id
        for stored in desk.store.written(after, 1000)
        for notice in notices_of(desk, stored)
    }


def test_everybody_who_is_offered_work_is_told_but_not_who_offered_it(web: WebServer) -> None:
    office = open_office(NOW, titled())
    opened(office, "罗平", 事由="从前的事")
    assert deliver(office.desk, [web_channel(web)]).sent == 0  # nobody is sent the past
    case = opened(office, "罗平", 事由="买纸", 次数=7)
    done = deliver(office.desk, [web_channel(web)])
    (task,) = case.open_tasks
    told = {str(one["person"]) for one in web.documents}
    assert told == set(task.people) - {office.person("罗平")}
    assert done.sent == len(web.documents) == len(set(web.keys)) > 1
    one = web.documents[0]
    assert (one["number"], one["title"], one["state"]) == (case.number, "买纸(7次)", ["甲"])
    assert one["subject"] == f"[待办] {case.number} 买纸(7次) 甲"
    assert deliver(office.desk, [web_channel(web)]).sent == 0


def test_who_gets_a_copy_is_told_once_and_no_field_goes_out(tmp_path: Path) -> None:
    office = open_office(NOW, titled())
    folder = FolderChannel(name="file", language="en", folder=tmp_path / "out")
    deliver(office.desk, [folder])
    case = opened(office, "罗平", 次数=90210)
    uid = office.person("罗平")
    office.desk.perform(
        case.id, Perform(action="推进", actor=uid, values={"事由": "密"}), office.signers[uid]
    )
    copy_to(office, case, "罗平", "林岚")
    deliver(office.desk, [folder])
    texts = [path.read_text("utf-8") for path in (tmp_path / "out").iterdir()]
    copies = [one for one in map(json.loads, texts) if one["kind"] == "copied"]
    assert [(one["person"], one["actor"]) for one in copies] == [(office.person("林岚"), "罗平")]
    for one in map(json.loads, texts):
        # What the title shows is known to everybody who has the case in a box.
        assert "密" not in json.dumps({**one, "title": "", "subject": "", "text": ""})
        assert set(one) == {
            *("id", "kind", "person", "name", "number", "title", "process", "state", "due"),
            *("actor", "act", "at", "stream", "seq", "subject", "text"),
        }


def test_a_letter_has_a_chinese_subject_and_an_id_of_its_own(mail: MailServer) -> None:
    office = open_office(NOW, titled())
    lan = office.person("林岚")
    channel = mail_channel(mail, **{lan: "lan@elsewhere.example"})
    deliver(office.desk, [channel])
    case = opened(office, "罗平", 事由="买纸")
    copy_to(office, case, "罗平", "林岚")
    sent = deliver(office.desk, [channel]).sent
    assert sent == len(mail.letters) > 1
    assert len({letter["Message-ID"] for letter in mail.letters}) == sent
    (mine,) = (one for one in mail.letters if "elsewhere" in str(one["To"]))
    assert parseaddr(str(mine["To"])) == ("林岚", "lan@elsewhere.example")
    assert mine["Subject"] == f"[抄送] {case.number} 买纸(0次) 甲"
    assert "有一个案件抄送给您" in mine.get_content()
    others = {parseaddr(str(one["To"]))[1].partition("@")[2] for one in mail.letters}
    assert others == {"elsewhere.example", "office.example"}


def test_one_address_that_is_refused_holds_up_nobody_else(mail: MailServer) -> None:
    office = open_office(NOW, titled())
    channel = mail_channel(mail, **{office.person("林岚"): "refused@office.example"})
    deliver(office.desk, [channel])
    case = opened(office, "罗平", 事由="买纸")
    copy_to(office, case, "罗平", "林岚", "何清", "韩江")
    done = deliver(office.desk, [channel])
    assert len(done.failed) == 1
    told = {parseaddr(str(one["To"]))[0] for one in mail.letters}
    assert {"何清", "韩江"} <= told
    assert "林岚" not in told
    (left,) = backlogs(office.desk, [channel])
    assert (left.count, "550" in str(left.why)) == (1, True)
    again = replace(channel, addresses={})
    assert deliver(office.desk, [again]).sent == 1
    assert backlogs(office.desk, [again])[0].count == 0


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # the server does not see the outer TLS
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_letter_goes_under_tls_with_a_login_to_a_server_that_proves_its_name(
    security: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "TIMEOUT", 2)  # a plain greeting never comes under TLS
    office = open_office(NOW, titled())
    trusted, context = certificate(tmp_path)
    secret, wrong = tmp_path / "mail.pass", tmp_path / "wrong.pass"
    secret.write_text(PASSWORD + "\n", "utf-8")
    wrong.write_text("不是\n", "utf-8")
    kept = Letters()
    tls = {"ssl_context": context} if security == "tls" else {"tls_context": context}
    tls |= {"require_starttls": True} if security == "starttls" else {"auth_require_tls": False}
    with mailing(kept, auth_required=True, authenticator=kept.authenticate, **tls) as server:
        channel = replace(
            mail_channel(server), security=security, user="guicheng", password_file=secret
        )
        deliver(office.desk, [channel])
        case = opened(office, "罗平", 事由="买纸")
        copy_to(office, case, "罗平", "林岚")
        # Whoever stands in between has a certificate too, but nobody vouches for it.
        assert deliver(office.desk, [channel]).failed
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        (told,) = deliver(office.desk, [replace(channel, password_file=wrong)]).failed
        assert "wrong.pass 里的邮箱口令只能用" in told.show("zh")
        wrong.write_text("courier 8\n", "utf-8")
        for refused in (
            replace(channel, password_file=wrong),
            replace(channel, user=""),
            replace(channel, security="none"),
        ):
            assert deliver(office.desk, [refused]).failed
        assert server.letters == []
        done = deliver(office.desk, [channel])
    assert done.failed == ()
    assert done.sent == len(server.letters) > 0
    assert set(kept.logins) == {"guicheng"}


def test_a_channel_that_fails_is_tried_again_and_holds_up_no_other(
    web: WebServer, tmp_path: Path
) -> None:
    office = open_office(NOW, titled())
    channels: list[Channel] = [
        web_channel(web),
        FolderChannel(name="file", language="zh", folder=tmp_path / "out"),
    ]
    deliver(office.desk, channels)
    mark = office.store.last_position()
    web.status = 503
    for number in range(4):
        opened(office, "罗平", 次数=number)
    done = deliver(office.desk, channels)
    wanted = wanted_ids(office.desk, mark)
    assert {path.stem for path in (tmp_path / "out").iterdir()} == wanted
    assert [str(one) for one in done.failed] == ["web:HTTP Error 503: Service Unavailable"]
    left = backlogs(office.desk, channels)
    assert [one.count for one in left] == [len(wanted), 0]
    for web.status in (302, 204):  # a redirected POST is not delivered
        deliver(office.desk, channels)
        assert bool(web.documents) == (web.status == 204)
    assert set(web.keys) == wanted
    assert len(web.keys) == len(wanted)
    assert [one.count for one in backlogs(office.desk, channels)] == [0, 0]


def test_a_tick_sends_a_bounded_number_and_the_next_goes_on(web: WebServer) -> None:
    office = open_office(NOW, titled())
    channel = web_channel(web)
    deliver(office.desk, [channel])
    mark = office.store.last_position()
    for number in range(4):
        opened(office, "罗平", 次数=number)
    wanted = wanted_ids(office.desk, mark)
    each = len(wanted) // 4
    sizes = [deliver(office.desk, [channel], limit=each).sent for _ in range(5)]
    assert sizes == [each, each, each, each, 0]
    assert set(web.keys) == wanted


def test_a_deadline_that_comes_tells_who_is_to_know(web: WebServer) -> None:
    office = open_office("2026-11-02 08:30")
    deliver(office.desk, [web_channel(web)])
    lan = office.person("林岚")
    values = {
        "会议名称": "例会",
        "类别": "内部会议",
        "开始时间": office.at("2026-12-10 14:30"),
        "结束时间": office.at("2026-12-10 16:00"),
        "地点": "第二会议室",
        "参会人数": 20,
    }
    answer = office.desk.start("会务服务保障", lan, office.signers[lan], values)
    assert isinstance(answer, Receipt)
    assert answer.case is not None
    office.desk.perform(answer.case.id, Perform(action="提交", actor=lan), office.signers[lan])
    office.now = office.at("2026-11-06 09:00")
    office.worker.tick()
    deliver(office.desk, [web_channel(web)])
    timed = [one for one in web.documents if one["kind"] == "timer"]
    assert timed
    assert {(one["number"], *one["state"]) for one in timed} == {  # type: ignore[misc]
        (answer.case.number, "部门审核")
    }
    assert {str(one["actor"]) for one in timed} == {"SYSTEM"}


# -- killed between sending and noting ---------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """A channel whose program is killed at its n-th notice, before or after sending it."""

    inner: WebChannel
    left: list[int]
    after: bool

    @property
    def name(self) -> str:
        return self.inner.name

    def send(self, notice: Notice) -> None:
        self.left[0] -= 1
        if self.after:
            self.inner.send(notice)
        if self.left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        if not self.after:
            self.inner.send(notice)


class Hasty(Courier):
    """The negative control: it notes that a record's notices are sent, and then sends them."""

    def take(self, stored: Stored, notices: tuple[Notice, ...]) -> None:
        Owing(self.desk.store, self.channel.name).note(stored.position, ())
        super().take(stored, notices)


def is_killed(path: Path, service: Signer, kind: type[Courier], channel: Killed) -> bool:
    child = os.fork()
    if child == 0:
        try:
            kind(Desk(Store.open(path), service, clock=lambda: NOW), channel).deliver()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def lost(folder: Path, web: WebServer, kind: type[Courier]) -> Iterator[tuple[set[str], int]]:
    """For every moment a program can be killed at: the notices that never came, and how many
    came more than once.
    """
    office = on_disk(folder / "whole.sqlite3")
    mark = office.store.last_position()
    kind(office.desk, web_channel(web)).deliver()
    for title in ("一", "二"):
        opened(office, "罗平", 事由=title)
    wanted = wanted_ids(office.desk, mark)
    for after in (False, True):
        for number in range(1, 100):
            path = Path(shutil.copy(folder / "whole.sqlite3", folder / f"{after}-{number}.sqlite3"))
            web.keys.clear()
            doomed = Killed(inner=web_channel(web), left=[number], after=after)
            was_killed = is_killed(path, office.service, kind, doomed)
            desk = Desk(Store.open(path), office.service, clock=lambda: NOW)
            kind(desk, web_channel(web)).deliver()
            yield wanted - set(web.keys), len(web.keys) - len(set(web.keys))
            if not was_killed:
                break


def test_whoever_is_killed_while_sending_sends_again_under_the_same_id(
    web: WebServer, tmp_path: Path
) -> None:
    answers = list(lost(tmp_path, web, Courier))
    assert [missing for missing, _ in answers] == [set()] * len(answers)
    assert any(repeated for _, repeated in answers)
    assert len(answers) >= 8


def test_a_courier_that_notes_before_it_sends_is_caught(web: WebServer, tmp_path: Path) -> None:
    assert any(missing for missing, _ in lost(tmp_path, web, Hasty))


def test_the_remark_of_who_urges_stays_in_the_office(web: WebServer) -> None:
    office = open_office(NOW, titled())
    deliver(office.desk, [web_channel(web)])
    case = opened(office, "罗平", 事由="买纸")
    uid, to = office.person("罗平"), office.person("何清")
    look = office.desk.look(case.id)
    for place, (words, remark) in enumerate((("会议室已备好", None), ("他又拖延", "他又拖延"))):
        decision = Decision(
            action="催办",
            state=look.case.configuration[0],
            task=None,
            events=(happened.PeopleTold(people=(to,), say=words),),
            values={},
            facts={},
            reason=remark,
        )
        office.desk.record(look, decision, uid, office.signers[uid], f"催{place}")
        look = office.desk.look(case.id)
    deliver(office.desk, [web_channel(web)])
    texts = [str(one["text"]) for one in web.documents if one["kind"] == "told"]
    assert ["会议室已备好" in text for text in texts] == [True, False]
    assert not any("拖延" in text for text in texts)
