"""The life of a key from the command line: enrolled, rotated, revoked, lost, and by whom."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import judge_bundle


def keys_of(run, uid: str) -> list[dict[str, object]]:  # type: ignore[no-untyped-def]
    _, out, _ = run("key", "list", "--json")
    return [one for one in json.loads(out) if one["uid"] == uid]


def verdict(run, folder: Path) -> int:  # type: ignore[no-untyped-def]
    """What somebody with a checkpoint and a bundle says of the office."""
    note, bundle = folder / "kept.note", folder / "bundle.zip"
    assert run("audit", "checkpoint", "-o", str(note))[0] == 0
    assert run("audit", "bundle", str(bundle))[0] == 0
    return judge_bundle(folder / "office", bundle, note)[0]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2026-11-02T09:00:00+08:00", "2026-11-02T01:00:00.000Z"),
        ("2026-11-02 09:00", "2026-11-02T01:00:00.000Z"),
        ("2026-11-02", "2026-11-01T16:00:00.000Z"),
    ],
)
def test_a_suspicion_is_kept_in_utc_and_the_office_goes_on(  # type: ignore[no-untyped-def]
    run, tmp_path: Path, typed: str, kept: str
) -> None:
    (lost,) = keys_of(run, "luoping")
    words = ("key", "revoke", str(lost["key"]), "--reason", "丢失", "--suspect-since")
    code, _, err = run("--as", "卢工", *words, "前天")
    assert (code, "“前天”不是时刻" in err) == (2, True)
    assert run("--as", "卢工", *words, typed)[0] == 0
    (gone,) = keys_of(run, "luoping")
    assert gone["suspect_since"] == kept
    assert run("--as", "卢工", "key", "enrol", "罗平")[0] == 0
    assert run("--as", "罗平", "roster", "leave", "--until", "2099-01-01")[0] == 0
    assert run("audit", "verify")[0] == 0
    assert verdict(run, tmp_path) == 0


def test_a_lost_passphrase_is_a_revocation_and_a_new_key(run) -> None:  # type: ignore[no-untyped-def]
    (lost,) = keys_of(run, "luoping")
    assert run("--as", "卢工", "key", "revoke", lost["key"], "--reason", "忘了口令")[0] == 0
    code, _, err = run("--as", "罗平", "roster", "leave", "--until", "2099-01-01")
    assert code == 3
    assert "[E_KEY]" in err
    assert run("--as", "卢工", "key", "enrol", "罗平")[0] == 0
    assert run("--as", "罗平", "roster", "leave", "--until", "2099-01-01")[0] == 0
    old, new = keys_of(run, "luoping")
    assert (old["key"], old["until"] != "", new["until"]) == (lost["key"], True, "")


def test_a_person_rotates_his_own_key(run) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = run("--as", "罗平", "key", "rotate")
    assert code == 0
    assert "旧钥匙已停用" in out
    assert run("--as", "罗平", "roster", "leave", "--until", "2099-01-01")[0] == 0
    assert [one["until"] == "" for one in keys_of(run, "luoping")] == [False, True]


def test_whoever_may_not_enrol_leaves_the_key_that_is_there(  # type: ignore[no-untyped-def]
    run, tmp_path: Path
) -> None:
    kept = (tmp_path / "office/keys/suxiao.key").read_bytes()
    assert run("--as", "罗平", "key", "enrol", "苏晓")[0] == 3
    assert (tmp_path / "office/keys/suxiao.key").read_bytes() == kept
    assert run("--as", "苏晓", "roster", "leave", "--until", "2099-01-01")[0] == 0


def test_a_chiefs_key_takes_two_registrars_and_both_sign(  # type: ignore[no-untyped-def]
    run, tmp_path: Path
) -> None:
    code, _, err = run("--as", "卢工", "key", "enrol", "韩江")
    assert code == 3
    assert "[E_SOD]" in err
    assert "吴桐" in err
    assert run("--as", "卢工", "key", "enrol", "韩江", "--second", "罗平")[0] == 3
    assert run("--as", "卢工", "key", "enrol", "韩江", "--second", "吴桐")[0] == 0
    assert run("audit", "verify")[0] == 0
    assert verdict(run, tmp_path) == 0


def test_registrars_are_named_by_a_registrar(run) -> None:  # type: ignore[no-untyped-def]
    code, _, err = run("--as", "罗平", "key", "appoint", "罗平")
    assert (code, "罗平 无权作此钥匙变动" in err) == (3, True)
    code, out, _ = run("--as", "卢工", "key", "appoint", "吴桐", "何清")
    assert code == 0
    assert "吴桐、何清" in out
    assert run("--as", "卢工", "key", "enrol", "罗平")[0] == 3
    assert run("--as", "何清", "key", "enrol", "罗平")[0] == 0
