"""Records lost for good, from the command line: who may say so, who goes on, what auditors see."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from commands import copies
from engine.evidence.checkpoint import load_checkpoint
from engine.restorations import restorations_of
from engine.store.store import Store
from tests.cli.conftest import Run

START = ("--as", "林岚", "start", "会务服务保障")
WHY = "磁盘损坏"


@dataclass
class Loss:
    """An office whose database broke after a backup: `clerk` works on another machine than `run`.

    `early` was signed before the backup, `late` after it.
    """

    run: Run
    clerk: Run
    office: Path
    copy: Path
    early: Path
    late: Path

    @property
    def store(self) -> Path:
        return self.office / "guicheng.sqlite3"

    def go_on(self, *words: str) -> tuple[int, str, str]:
        told = ("--lost", WHY, "--second", "吴桐")
        return self.run("--as", "卢工", "restore", str(self.copy), *told, *words)

    def code(self) -> str:
        """The code, once a registrar has gone on from the copy."""
        code, out, err = self.go_on()
        assert (code, err) == (0, "")
        found = re.search("[0-9a-f]{4}(-[0-9a-f]{4}){4}", out)
        assert found is not None
        return found[0]


@pytest.fixture
def loss(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loss:
    def at(home: str) -> Run:
        def line(*words: str) -> tuple[int, str, str]:
            monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / home))
            return run(*words)

        return line

    made = Loss(
        run=at("server"),
        clerk=at("clerk"),
        office=tmp_path / "office",
        copy=tmp_path / "copy.db",
        early=tmp_path / "early.txt",
        late=tmp_path / "late.txt",
    )
    steps: tuple[tuple[Callable[..., tuple[int, str, str]], tuple[str, ...]], ...] = (
        (made.clerk, START),
        (made.run, ("audit", "checkpoint", "-o", str(made.early))),
        (made.run, ("backup", str(made.copy))),
        (made.clerk, START),
        (made.run, ("audit", "checkpoint", "-o", str(made.late))),
        (made.clerk, START),
    )
    for line, words in steps:
        assert line(*words)[0] == 0
    made.store.unlink()
    return made


def test_a_registrar_goes_on_from_the_copy_and_the_machine_with_him(loss: Loss) -> None:
    code, out, err = loss.go_on()
    assert (code, err) == (0, "")
    assert "保留" in out
    assert "office.example/guicheng#2" in out
    assert not list(loss.office.glob("restoring-*"))
    assert loss.run(*START)[0] == 0
    code, out, _ = loss.run("audit", "checkpoint")
    assert code == 0
    assert load_checkpoint(out).origin == "office.example/guicheng#2"
    assert loss.run("audit", "verify")[:2] == (0, "")
    code, out, _ = loss.run("audit", "query", "--action", "恢复备份")
    assert code == 0
    assert "恢复备份" in out


def test_other_machines_stop_until_their_user_has_the_code(loss: Loss) -> None:
    said = loss.code()
    code, out, err = loss.clerk(*START)
    assert (code, out) == (1, "")
    assert "E_ROLLBACK" in err
    assert "卢工" in err
    assert WHY in err
    assert "accept" in err
    assert said not in err.replace(" ", "")
    for wrong in ("0000-0000-0000-0000-0000", said[:14], "", "恢复码"):
        code, out, err = loss.clerk("accept", wrong)
        assert (code, out) == (2, "")
        assert len(err.strip().splitlines()) == 1
    assert loss.clerk(*START)[0] == 1
    code, out, err = loss.clerk("accept", said.upper().replace("-", " "))
    assert (code, err) == (0, "")
    assert "您经手的 2 步已丢失" in out
    assert loss.clerk(*START)[0] == 0
    assert loss.clerk("audit", "verify")[0] == 0


def test_the_code_can_be_looked_up_where_it_was_accepted(loss: Loss) -> None:
    said = loss.code()
    assert f"恢复码 {said}" in loss.run("doctor")[1]
    told = loss.clerk("doctor")
    assert said not in "".join(told[1:])
    loss.clerk("accept", said)
    assert f"恢复码 {said}" in loss.clerk("doctor")[1]


def test_a_code_may_be_typed_in_groups(loss: Loss) -> None:
    said = loss.code()
    code, out, err = loss.clerk("accept", *said.split("-"))
    assert (code, err) == (0, "")
    assert "您经手的 2 步已丢失" in out


@pytest.mark.parametrize("step", ["confirm", "witness", "seal", "code_of"])
def test_whoever_was_interrupted_does_it_again(
    loss: Loss, step: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing that was known of the loss is forgotten by the first try."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    late = load_checkpoint(loss.late.read_text("utf-8"))
    with monkeypatch.context() as broken:
        broken.setattr(copies, step, stop)
        assert loss.go_on()[0] == 130
    if loss.store.exists():
        loss.store.unlink()
    assert loss.go_on()[0] == 0
    (said,) = restorations_of(Store.open(loss.store))
    assert (said.lost.log, said.lost.size) in ((1, late.size), (2, said.kept + 2))
    assert loss.run(*START)[0] == 0
    assert loss.run("audit", "verify", "--checkpoint", str(loss.early))[0] == 0


def test_the_second_user_of_a_code_has_lost_nothing(loss: Loss) -> None:
    said = loss.code()
    code, out, _ = loss.run("accept", said)
    assert code == 0
    assert "丢失" not in out


REFUSED = (
    (("--as", "卢工", "restore", "{copy}", "--lost", WHY), "须有另一名登记人员同意(--second):吴桐"),
    (("--as", "林岚", "restore", "{copy}", "--lost", WHY), "不是登记人员"),
    (("--as", "卢工", "restore", "{copy}", "--lost", " "), "缘由"),
    (("--as", "卢工", "restore", "{copy}", "--lost", WHY, "--second", "林岚"), "不是登记人员"),
    (("--as", "卢工", "restore", "{copy}", "--lost", WHY, "--second", "卢工"), "另一人"),
    (("--as", "卢工", "restore", "{copy}", "--second", "卢工"), "--lost"),
    (("--as", "卢工", "restore", "没有.db", "--lost", WHY), "没有备份文件 没有.db"),
)


@pytest.mark.parametrize(("words", "why"), REFUSED)
def test_nothing_is_put_in_place_by_whoever_may_not(
    loss: Loss, words: tuple[str, ...], why: str
) -> None:
    code, out, err = loss.run(*(one.format(copy=loss.copy) for one in words))
    assert code in (1, 2)
    assert out == ""
    assert why in err
    assert len(err.strip().splitlines()) == 1
    assert not loss.store.exists()
    assert not list(loss.office.glob("restoring-*"))


def test_a_registrar_who_is_the_only_one_signs_alone(run: Run, tmp_path: Path) -> None:
    store, copy = tmp_path / "office/guicheng.sqlite3", tmp_path / "copy.db"
    assert run("--as", "卢工", "key", "appoint", "卢工")[0] == 0
    assert run("backup", str(copy))[0] == 0
    assert run(*START)[0] == 0
    store.unlink()
    assert run("--as", "卢工", "restore", str(copy), "--lost", WHY)[0] == 0
    assert run("audit", "verify")[0] == 0


def test_auditors_see_what_was_kept_and_what_was_lost(loss: Loss, tmp_path: Path) -> None:
    loss.code()
    assert loss.run(*START)[0] == 0
    now = tmp_path / "now.txt"
    assert loss.run("audit", "checkpoint", "-o", str(now))[0] == 0
    for note in (loss.early, now):
        assert loss.run("audit", "verify", "--checkpoint", str(note))[0] == 0
    code, out, _ = loss.run("audit", "verify", "--checkpoint", str(loss.late))
    assert code == 1
    assert "E_ROLLBACK" in out
    assert WHY in out


def test_a_second_loss_reaches_back_before_the_first(loss: Loss, tmp_path: Path) -> None:
    loss.code()
    between = tmp_path / "between.txt"
    assert loss.run(*START)[0] == 0
    assert loss.run("audit", "checkpoint", "-o", str(between))[0] == 0
    loss.store.unlink()
    code, out, _ = loss.go_on("--checkpoint", str(loss.late))
    assert code == 0
    assert "office.example/guicheng#3" in out
    for note in (loss.late, between):
        code, out, _ = loss.run("audit", "verify", "--checkpoint", str(note))
        assert code == 1
        assert "[E_ROLLBACK]" in out
    assert loss.run("audit", "verify", "--checkpoint", str(loss.early))[0] == 0


def test_a_copy_of_another_office_is_not_put_in_place(run: Run, tmp_path: Path) -> None:
    copy, other = tmp_path / "copy.db", tmp_path / "other"
    assert run("init", str(other), "--origin", "elsewhere.example")[0] == 0
    assert run("--workspace", str(other), "backup", str(copy))[0] == 0
    store = tmp_path / "office" / "guicheng.sqlite3"
    store.unlink()
    for more in ((), ("--lost", WHY, "--second", "吴桐")):
        code, out, err = run("--as", "卢工", "restore", str(copy), *more)
        assert (code, out) == (2, "")
        assert "备份属于另一处:elsewhere.example" in err
        assert not store.exists()


def test_no_office_is_called_as_a_later_log_of_another(run: Run, tmp_path: Path) -> None:
    for origin in ("a#2", "a#999999999"):
        code, _, err = run("init", str(tmp_path / "new"), "--origin", origin)
        assert code == 2
        assert "#" in err
    assert not (tmp_path / "new").exists()
    assert run("init", str(tmp_path / "new"), "--origin", "a#1")[0] == 0
