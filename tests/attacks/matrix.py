"""The attacks: who makes each, what he does, and the code it must be found by.

A1 a clerk · A2 whoever may write every file · A3 A2 with the service key · A4 A3 with the keys of
colluding people · A5 A4 with all who keep checkpoints outside.
`outside`: "kept", two honest notes kept outside; "lost", one of them and one of the log that the
office lost; "own", the forged bundle's own note, as if
none had left the house before: what then finds it is a level above the log.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from engine.evidence.canonical import canonical
from engine.evidence.checkpoint import sign_note
from engine.evidence.consent import give_consent
from engine.evidence.keys import dump_key_change, enrol, enrolment_matter
from engine.evidence.log import merkle_root
from engine.evidence.record import Party
from engine.evidence.signing import FileSigner, Signer, make_key
from engine.evidence.suite import SUITES
from tests.attacks.forge import Entry, Forge, Row, take_apart
from tests.verifier.ground import ORIGIN, Ground, judge
from verifier.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """`code` is that of the first finding, None if the attack must go unfound."""

    name: str
    who: str
    code: str | None
    outside: str
    ground: str
    run: Callable[[Forge, Ground], None]

    def forge(self, ground: Ground) -> Forge:
        keys = ground.office.signers if self.who in ("A4", "A5") else {}
        forge = take_apart(ground, keys, service=self.who in ("A3", "A4", "A5"))
        self.run(forge, ground)
        return forge

    def judged(self, ground: Ground, level: int = 5) -> Report:
        forge = self.forge(ground)
        files = forge.dump()
        own = files.get("checkpoint.note", b"")
        return judge(files, ground.vkey, tuple(self.notes(ground, own).values()), level)

    def notes(self, ground: Ground, own: bytes) -> dict[str, bytes]:
        """The checkpoints the forged bundle is judged by."""
        match self.outside:
            case "kept":
                return {"early": ground.early, "late": ground.late}
            case "lost":
                return {"early": ground.early, "lost": ground.lost}
        return {"own": own}


ATTACKS: list[Attack] = []
Run = Callable[[Forge, Ground], None]


def attack(
    who: str, code: str | None, outside: str = "kept", ground: str = "meeting"
) -> Callable[[Run], Run]:
    def register(run: Run) -> Run:
        ATTACKS.append(
            Attack(name=run.__name__, who=who, code=code, outside=outside, ground=ground, run=run)
        )
        return run

    return register


def case_of(forge: Forge, prefix: str) -> str:
    """The stream of the case whose number begins so."""
    found = forge.find(
        lambda body: body["case"] is not None and body["case"]["number"].startswith(prefix)
    )
    return str(found.body["stream"])


def stream(forge: Forge, prefix: str) -> list[Entry]:
    name = case_of(forge, prefix)
    return forge.all(lambda body: body["stream"] == name)


def step(forge: Forge, prefix: str, act: str) -> Entry:
    """The last record of an act in a case."""
    return [one for one in stream(forge, prefix) if one.body["act"] == act][-1]


def identity(forge: Forge, uid: str) -> Row:
    """How somebody signs, taken from a record of his."""
    found = forge.find(lambda body: body["actor"]["uid"] == uid)
    return dict(found.body["actor"])


# -- A1, A2: bytes without keys ---------------------------------------------------------


@attack("A1", "E_COMMIT")
def edit_a_form_value(forge: Forge, _: Ground) -> None:
    next(one for one in forge.opened if one["path"].startswith("form/会议"))["value"] = "别的会"


@attack("A1", "E_COMMIT")
def edit_a_comment(forge: Forge, _: Ground) -> None:
    next(one for one in forge.opened if one["path"].startswith("form/"))["salt"] = "A" * 22


@attack("A2", "E_COMMIT")
def edit_an_event(forge: Forge, _: Ground) -> None:
    entry = step(forge, "LY-", "签领")
    forge.disclosure(entry, "event/0")["value"]["role"] = "部门负责人"


@attack("A2", "E_SIG")
def edit_a_body(forge: Forge, _: Ground) -> None:
    step(forge, "HY-", "同意").body["act"] = "不同意"


@attack("A2", "E_BODY")
def edit_a_body_against_the_rules(forge: Forge, _: Ground) -> None:
    step(forge, "HY-", "同意").body["meaning"] = "applause"


@attack("A2", "E_BODY")
def spell_a_body_otherwise(forge: Forge, _: Ground) -> None:
    entry = step(forge, "HY-", "同意")
    entry.raw = json.dumps(entry.body, ensure_ascii=False).encode()


@attack("A2", "E_PREV")
def edit_the_time_of_receipt(forge: Forge, _: Ground) -> None:
    step(forge, "HY-", "同意").at = "2026-10-01T00:00:00.000Z"


@attack("A2", "E_ROOT")
def edit_the_time_of_receipt_of_the_last(forge: Forge, _: Ground) -> None:
    step(forge, "HY-", "归档").at = "2027-01-01T00:00:00.000Z"


@attack("A2", "E_LOG")
def delete_one_in_the_middle(forge: Forge, _: Ground) -> None:
    forge.indices = [n for n in range(len(forge.entries)) if n != 85]
    forge.remove(forge.entries[85])


@attack("A2", "E_SEQ")
def delete_one_and_number_anew(forge: Forge, _: Ground) -> None:
    forge.remove(stream(forge, "HY-")[2])


@attack("A2", "E_SEQ")
def reorder_within_a_case(forge: Forge, _: Ground) -> None:
    places = [forge.entries.index(one) for one in stream(forge, "HY-")[1:3]]
    one, other = places
    forge.entries[one], forge.entries[other] = forge.entries[other], forge.entries[one]


@attack("A2", "E_ROOT")
def reorder_two_cases(forge: Forge, _: Ground) -> None:
    one = forge.entries.index(stream(forge, "XQ-2026-000001")[0])
    forge.entries[one], forge.entries[one + 1] = forge.entries[one + 1], forge.entries[one]


@attack("A2", "E_SEQ")
def replay_a_record(forge: Forge, _: Ground) -> None:
    forge.entries.append(step(forge, "HY-", "同意"))


@attack("A2", "E_SIG")
def replay_on_another_case(forge: Forge, _: Ground) -> None:
    given, last = step(forge, "LY-", "签领"), stream(forge, "TK-")[-1]
    body = given.body | {
        "stream": last.body["stream"],
        "seq": last.body["seq"] + 1,
        "prev": last.record.digest,
        "case": last.body["case"],
    }
    forge.entries.append(Entry(body=body, key=given.key, sig=given.sig, at=given.at))


@attack("A2", "E_SIG")
def swap_two_signatures(forge: Forge, _: Ground) -> None:
    one, other = stream(forge, "HY-")[0], stream(forge, "HY-")[1]
    one.sig, other.sig = other.sig, one.sig


@attack("A2", "E_KEY")
def swap_a_key(forge: Forge, _: Ground) -> None:
    one, other = step(forge, "HY-", "同意"), step(forge, "HY-", "归档")
    one.key = other.key


@attack("A2", "E_TYPE")
def change_the_payload_type(forge: Forge, _: Ground) -> None:
    step(forge, "HY-", "归档").kind = "application/vnd.guicheng.record.v3+json"


@attack("A2", "E_RECEIVED")
def break_the_time_of_receipt(forge: Forge, _: Ground) -> None:
    step(forge, "HY-", "归档").at = "2026-10-01"


@attack("A2", "E_ROLLBACK")
def put_back_an_older_file(forge: Forge, ground: Ground) -> None:
    size = int(ground.early.split(b"\n")[1])
    for one in forge.entries[size:]:
        forge.remove(one)
    forge.files = {name: data for name, data in forge.files.items() if "checkpoint" not in name}
    forge.files["checkpoint.note"] = ground.early
    header = json.loads(forge.files["bundle.json"]) | {"size": size}
    forge.files["bundle.json"] = canonical(header)


@attack("A2", "E_ROOT", "own")
def delete_the_last_rows(forge: Forge, _: Ground) -> None:
    forge.remove(forge.entries[-1])


@attack("A2", "E_ROOT", "own")
def delete_a_whole_case(forge: Forge, _: Ground) -> None:
    for one in stream(forge, "TK-"):
        forge.remove(one)


@attack("A2", "E_MISSING")
def strip_a_disclosure(forge: Forge, _: Ground) -> None:
    forge.opened.remove(next(one for one in forge.opened if one["path"].startswith("form/")))


@attack("A2", "E_TWICE")
def open_it_twice(forge: Forge, _: Ground) -> None:
    forge.opened.append(forge.opened[0] | {"value": "x"})


@attack("A2", "E_EXTRA")
def add_a_disclosure(forge: Forge, _: Ground) -> None:
    forge.opened.append(forge.opened[0] | {"path": "form/补"})


@attack("A2", "E_EXTRA")
def add_a_disclosure_to_nothing(forge: Forge, _: Ground) -> None:
    forge.opened.append(forge.opened[0] | {"stream": "case/x"})


@attack("A2", "E_OBJECT", ground="paper")
def swap_an_attachment(forge: Forge, _: Ground) -> None:
    digest = next(one["value"] for one in forge.opened if one["path"] == "att/0/digest")
    forge.files[f"objects/{digest}"] = b"another scan"


@attack("A2", "E_OBJECT", ground="paper")
def swap_an_attachment_under_its_own_name(forge: Forge, _: Ground) -> None:
    digest = next(one["value"] for one in forge.opened if one["path"] == "att/0/digest")
    del forge.files[f"objects/{digest}"]
    forge.place("objects", b"another scan")


@attack("A2", "E_OBJECT")
def edit_the_text_of_a_procedure(forge: Forge, _: Ground) -> None:
    digest = step(forge, "HY-", "归档").body["def"]["src"]
    forge.files[f"objects/{digest}"] += b" "


@attack("A2", "E_MODEL")
def edit_a_compiled_model(forge: Forge, _: Ground) -> None:
    name = "models/" + step(forge, "HY-", "归档").body["def"]["model"]
    forge.files[name] = forge.files[name].replace("归档".encode(), "盖章".encode())


@attack("A2", "E_MODEL")
def bring_another_model(forge: Forge, _: Ground) -> None:
    digest = step(forge, "HY-", "归档").body["def"]["model"]
    changed = forge.files.pop(f"models/{digest}").replace("归档".encode(), "盖章".encode())
    forge.place("models", changed)


@attack("A2", "E_OBJECT")
def edit_the_text_of_the_roster(forge: Forge, _: Ground) -> None:
    event = forge.events(forge.find(lambda body: body["stream"] == "org"))[0]
    forge.files[f"objects/{event['digest']}"] += b"\n# "


@attack("A2", "E_MODEL")
def appoint_somebody_in_the_model_of_the_roster(forge: Forge, _: Ground) -> None:
    event = forge.events(forge.find(lambda body: body["stream"] == "org"))[0]
    name = f"models/{event['model']}"
    forge.files[name] = forge.files[name].replace(b'"head":"heqing"', b'"head":"linlan"')


@attack("A2", "E_KEY")
def forge_a_step_with_a_key_of_his_own(forge: Forge, _: Ground) -> None:
    last = step(forge, "HY-", "归档")
    forge.append(last, {}, [], forge.stranger())


@attack("A2", "E_NOTE")
def bring_a_key_along(forge: Forge, _: Ground) -> None:
    text = forge.files["checkpoint.note"].decode().partition("\n\n")[0] + "\n"
    forge.files["checkpoint.note"] = sign_note(text, ORIGIN, forge.stranger()).encode()


@attack("A2", "E_NOTE")
def change_the_size_in_a_note(forge: Forge, _: Ground) -> None:
    size = len(forge.entries)
    note = forge.files["checkpoint.note"].decode()
    forge.files["checkpoint.note"] = note.replace(f"\n{size}\n", f"\n{size - 1}\n").encode()


@attack("A2", "E_BUNDLE")
def leave_out_the_checkpoint(forge: Forge, _: Ground) -> None:
    del forge.files["checkpoint.note"]


@attack("A2", "E_BUNDLE")
def leave_out_the_proofs(forge: Forge, _: Ground) -> None:
    del forge.files["proofs.json"]


@attack("A2", "E_ORIGIN")
def call_it_another_office(forge: Forge, _: Ground) -> None:
    header = json.loads(forge.files["bundle.json"]) | {"origin": "other.example"}
    forge.files["bundle.json"] = canonical(header)


def edit_table(forge: Forge, table: str, column: str, value: object) -> None:
    def edit(rows: list[Row]) -> None:
        next(row for row in rows if row["table"] == table)["row"][column] = value

    forge.edit_tables(edit)


@attack("A2", "E_TABLE")
def edit_the_list_of_cases(forge: Forge, _: Ground) -> None:
    edit_table(forge, "case_row", "result", "rejected")


@attack("A2", "E_TABLE")
def edit_somebodys_inbox(forge: Forge, _: Ground) -> None:
    edit_table(forge, "offer", "person", "hanjiang")


@attack("A2", "E_TABLE")
def edit_the_stock(forge: Forge, _: Ground) -> None:
    edit_table(forge, "lot", "quantity", "999")


@attack("A2", "E_TABLE")
def edit_the_diary(forge: Forge, _: Ground) -> None:
    edit_table(forge, "occupation", "thing", "别的会议室")


@attack("A2", "E_TABLE")
def edit_what_a_case_is_found_by(forge: Forge, _: Ground) -> None:
    edit_table(forge, "value_row", "text", "别的会")


@attack("A2", "E_TABLE")
def call_somebody_otherwise(forge: Forge, _: Ground) -> None:
    edit_table(forge, "person_row", "name", "别人")


@attack("A2", "E_TABLE")
def hide_that_an_item_moved(forge: Forge, _: Ground) -> None:
    edit_table(forge, "card", "version", 1)


@attack("A2", "E_TABLE")
def hide_that_a_room_was_taken(forge: Forge, _: Ground) -> None:
    edit_table(forge, "page", "version", 1)


@attack("A2", "E_TABLE")
def make_up_a_copy(forge: Forge, _: Ground) -> None:
    row = {"case_id": "1", "person": "linlan", "sender": "林岚", "at": "2026-10-12T00:00:00.000Z"}
    forge.edit_tables(lambda rows: rows.append({"table": "copy_row", "row": row}))


@attack("A2", "E_TABLE")
def make_up_a_request(forge: Forge, _: Ground) -> None:
    row = {"case_id": "1", "request": "r", "kind": "told", "target": "2", "action": "归档"}
    row |= {"initiator": None, "content": "{}"}
    forge.edit_tables(lambda rows: rows.append({"table": "pending", "row": row}))


@attack("A2", "E_TABLE")
def make_up_a_delegation(forge: Forge, _: Ground) -> None:
    row = {"principal": "hanjiang", "person": "linlan", "process": "", "since": "2026-01-01"}
    made = {"table": "stand_in", "row": {**row, "until": "2026-12-31"}}
    forge.edit_tables(lambda rows: rows.append(made))


@attack("A2", "E_TABLE")
def repeat_a_row(forge: Forge, _: Ground) -> None:
    forge.edit_tables(lambda rows: rows.append(rows[0]))


@attack("A2", "E_TABLE")
def put_rows_out_of_order(forge: Forge, _: Ground) -> None:
    first, second, *rest = forge.files["tables.jsonl"].splitlines(keepends=True)
    forge.files["tables.jsonl"] = b"".join((second, first, *rest))


@attack("A2", "E_TABLE")
def bring_a_table_of_his_own(forge: Forge, _: Ground) -> None:
    forge.edit_tables(lambda rows: rows.append({"table": "salaries", "row": {}}))


@attack("A2", "E_TABLE")
def bring_a_column_of_his_own(forge: Forge, _: Ground) -> None:
    edit_table(forge, "case_row", "secret", False)


# -- A3: with the service key -----------------------------------------------------------


@attack("A3", "E_ROLLBACK")
def delete_the_last_rows_and_sign_anew(forge: Forge, _: Ground) -> None:
    for one in forge.entries[-3:]:
        forge.remove(one)
    forge.note()


@attack("A3", "E_CONSISTENCY")
def delete_a_case_and_sign_anew(forge: Forge, ground: Ground) -> None:
    gone = stream(forge, "XQ-2026-000009")
    like = forge.entries[-1]
    for one in gone:
        forge.remove(one)
    forge.rewrite()
    for _ in gone:  # as many records as before, so that only the root can tell
        forge.append(like, {"typ": "read", "act": "查看"}, [], ground.office.service)
    forge.note()


@attack("A3", "E_CONSISTENCY")
def show_two_auditors_two_stores(forge: Forge, ground: Ground) -> None:
    like = forge.entries[-1]
    forge.remove(like)
    forge.append(like, {"typ": "read", "act": "查看"}, [], ground.office.service)
    forge.note()


@attack("A3", "E_HEADS", "own")
def state_false_heads(forge: Forge, _: Ground) -> None:
    last = forge.entries[-1]
    forge.set_event(last, 0, forge.events(last)[0] | {"streams": 1})
    assert forge.service is not None
    forge.sign(last, forge.service)
    forge.note()


@attack("A3", "E_SIG", "own")
def write_a_step_in_somebodys_name(forge: Forge, _: Ground) -> None:
    step(forge, "HY-", "归档").body["actor"] |= identity(forge, "linlan")
    forge.rewrite()


@attack("A3", "E_SEQ", "own")
def delete_a_reminder_and_sign_anew(forge: Forge, _: Ground) -> None:
    last = stream(forge, "YJ-")[-2]
    forge.remove(last)
    forge.note()


@attack("A3", "E_POWER", "own")
def sign_for_somebody_with_the_service_key(forge: Forge, _: Ground) -> None:
    entry = step(forge, "HY-", "归档")
    assert forge.service is not None
    forge.sign(entry, forge.service)
    forge.rewrite()


@attack("A3", "E_POWER", "own")
def say_that_somebody_looked(forge: Forge, ground: Ground) -> None:
    like = step(forge, "HY-", "归档")
    changes = {"typ": "read", "act": "查看", "meaning": "none", "move": None}
    forge.append(like, changes, [], ground.office.service)
    forge.rewrite()


@attack("A3", "E_BODY", "own")
def let_the_system_approve(forge: Forge, _: Ground) -> None:
    entry = stream(forge, "YJ-")[-1]
    entry.body["meaning"] = "approval"
    forge.rewrite()


@attack("A3", "E_POWER", "own")
def let_the_system_amend_the_roster(forge: Forge, ground: Ground) -> None:
    amend(forge, ground.office.service, system=True)
    forge.rewrite()


@attack("A3", "E_POWER", "own")
def let_the_system_amend_for_a_case_that_never_was(forge: Forge, ground: Ground) -> None:
    entry = amend(forge, ground.office.service, system=True)
    entry.body["case"] = {"id": "never", "number": "RS-2026-000001"}
    forge.rewrite()


@attack("A3", "E_REDACT", "own")
def let_the_system_redact(forge: Forge, ground: Ground) -> None:
    entry = step(forge, "HY-", "提交")
    system = forge.find(lambda body: body["way"] == "system")
    event = redacted(entry, "fact/saw(会议名称)", forge, ground)
    forge.append(
        system,
        {
            "typ": "redact",
            "act": "涂销",
            "stream": entry.body["stream"],
            "case": entry.body["case"],
        },
        [event],
        ground.office.service,
    )
    forge.rewrite()


@attack("A3", "E_MISSING", "own")
def strip_a_disclosure_and_sign_anew(forge: Forge, _: Ground) -> None:
    forge.opened.remove(next(one for one in forge.opened if one["path"].startswith("form/")))
    forge.rewrite()


# -- A4: with people's keys -------------------------------------------------------------


def amend(forge: Forge, signer: object, uid: str = "lugong", *, system: bool = False) -> Entry:
    """A roster record that makes 苏晓 a storekeeper."""
    like = [one for one in forge.entries if one.body["stream"] == "org"][-1]
    changes: Row = {"act": "授予岗位", "org": head(forge, "org")}
    if system:
        changes["way"], changes["meaning"] = "system", "none"
        changes["actor"] = forge.find(lambda body: body["way"] == "system").body["actor"]
    else:
        changes["actor"] = people(forge, uid)
    amendment = {
        "amendment": "PostGranted",
        "from_": None,
        "person": "suxiao",
        "post": "资产管理员",
        "until": None,
    }
    amendment["from_"] = {"$": "date", "is": "2026-10-01"}  # type: ignore[assignment]
    event = {"amendment": amendment, "event": "RosterAmended", "version": 1}
    return forge.append(like, changes, [event], signer)  # type: ignore[arg-type]


def people(forge: Forge, uid: str) -> Row:
    """Somebody as the roster has him, though he may have signed nothing."""
    event = forge.events(forge.find(lambda body: body["stream"] == "org"))[0]
    model = json.loads(forge.files[f"models/{event['model']}"])
    person = next(one for one in model["people"] if one["id"] == uid)
    posts = [one["post"] for one in model["holdings"] if one["person"] == uid]
    title = [person["title"]] if person["title"] else []
    return {
        "uid": uid,
        "name": person["name"],
        "post": "、".join(dict.fromkeys([*title, *posts])),
        "dept": person["department"] or "",
        "for": None,
    }


def head(forge: Forge, name: str) -> Row:
    last = forge.all(lambda body: body["stream"] == name)[-1]
    return {"seq": last.body["seq"], "hash": last.record.digest}


def redacted(entry: Entry, path: str, forge: Forge, ground: Ground) -> Row:
    """A redaction of a value, which is destroyed; 吴桐 has agreed."""
    row = forge.disclosure(entry, path)
    forge.opened.remove(row)
    kind, _, name = path.partition("/")
    commits = entry.body["facts" if kind == "fact" else "form"]
    event: Row = {
        "event": "Redacted",
        "version": 1,
        "targets": [{"seq": entry.body["seq"], "path": path, "commit": commits[name]}],
        "objects": [],
        "basis": "决定",
    }
    return event | {"approvers": [agreed(event, entry.body["stream"], ground)]}


def agreed(event: Row, stream: str, ground: Ground, signer: str = "wutong") -> Row:
    """吴桐's consent to a redaction, signed by him or, with another's key, not."""
    names = ("targets", "objects", "basis")
    matter = {"act": "redact", "stream": stream, **{name: event[name] for name in names}}
    who, key = Party(uid="wutong", name="吴桐"), ground.office.signers[signer]
    return asdict(give_consent(key, who, "2026-12-01T00:00:00.000Z", ORIGIN, matter))


def redact(
    forge: Forge, ground: Ground, event: Row, uid: str = "hanjiang", case: str = "HY-"
) -> None:
    entry = step(forge, case, "提交")
    changes = {"typ": "redact", "act": "销毁", "meaning": "responsibility", "move": None}
    changes |= {"actor": people(forge, uid), "task": None}
    forge.append(entry, changes, [event], ground.office.signers[uid])
    forge.rewrite()


@attack("A4", "E_REDACT", "own")
def redact_another_commitment(forge: Forge, ground: Ground) -> None:
    event = redacted(step(forge, "HY-", "提交"), "fact/saw(会议名称)", forge, ground)
    event["targets"][0]["commit"] = "0" * 64
    redact(forge, ground, event)


@attack("A4", "E_REDACT", "own")
def redact_and_keep(forge: Forge, ground: Ground) -> None:
    entry = step(forge, "HY-", "提交")
    row = dict(forge.disclosure(entry, "fact/saw(会议名称)"))
    event = redacted(entry, "fact/saw(会议名称)", forge, ground)
    forge.opened.append(row)
    redact(forge, ground, event)


@attack("A4", "E_REDACT", "own")
def redact_who_could_act(forge: Forge, ground: Ground) -> None:
    entry = step(forge, "HY-", "提交")
    name = next(name for name in entry.body["facts"] if name.startswith("who("))
    redact(forge, ground, redacted(entry, f"fact/{name}", forge, ground))


@attack("A4", "E_REDACT", "own")
def redact_who_held_the_post(forge: Forge, ground: Ground) -> None:
    entry = step(forge, "JZ-", "提交")
    redact(forge, ground, redacted(entry, "fact/post(会计)", forge, ground), case="JZ-")


@attack("A4", "E_REDACT", "own")
def redact_alone(forge: Forge, ground: Ground) -> None:
    event = redacted(step(forge, "HY-", "提交"), "fact/saw(会议名称)", forge, ground)
    event["approvers"] = []
    redact(forge, ground, event)


@attack("A4", "E_REDACT", "own")
def redact_with_a_consent_one_signed_oneself(forge: Forge, ground: Ground) -> None:
    entry = step(forge, "HY-", "提交")
    event = redacted(entry, "fact/saw(会议名称)", forge, ground)
    mine = agreed(event, entry.body["stream"], ground, "hanjiang")
    event["approvers"] = [mine | {"key": ground.office.signers["wutong"].key_id}]
    redact(forge, ground, event)


@attack("A4", "E_POWER", "own")
def redact_without_the_power(forge: Forge, ground: Ground) -> None:
    event = redacted(step(forge, "HY-", "提交"), "fact/saw(会议名称)", forge, ground)
    redact(forge, ground, event, "linlan")


def enrol_a_chief(forge: Forge, ground: Ground, consents: list[Row], key: Signer) -> None:
    """卢工 enrols a key for the head of logistics, whose post asks for two registrars."""
    like = forge.all(lambda body: body["stream"] == "keys")[-1]
    change = dump_key_change(enrol(key, ORIGIN, "hanjiang", "file", like.body["time"]))
    event = {"event": "KeysChanged", "version": 1, "change": {**change, "consents": consents}}
    changes = {"act": "登记钥匙", "actor": people(forge, "lugong")}
    forge.append(like, changes, [event], ground.office.signers["lugong"])
    forge.rewrite()


@attack("A4", "E_POWER", "own")
def enrol_a_chiefs_key_alone(forge: Forge, ground: Ground) -> None:
    enrol_a_chief(forge, ground, [], forge.stranger())


@attack("A4", "E_POWER", "own")
def enrol_a_chiefs_key_with_a_consent_to_another(forge: Forge, ground: Ground) -> None:
    at, wutong = "2026-12-01T00:00:00.000Z", Party(uid="wutong", name="吴桐")
    other = enrolment_matter(enrol(forge.stranger(), ORIGIN, "hanjiang", "file", at))
    given = give_consent(ground.office.signers["wutong"], wutong, at, ORIGIN, other)
    enrol_a_chief(forge, ground, [asdict(given)], forge.stranger())


@attack("A4", "E_CONSISTENCY")
def back_date_with_everybodys_help(forge: Forge, _: Ground) -> None:
    entry = step(forge, "HY-", "同意")
    entry.body["time"] = entry.body["happened"] = "2026-10-01T00:00:00.000Z"
    forge.rewrite()


@attack("A4", "E_POWER", "own")
def sign_with_ones_own_key_for_another(forge: Forge, ground: Ground) -> None:
    entry = step(forge, "HY-", "归档")
    forge.sign(entry, ground.office.signers["linlan"])
    forge.rewrite()


@attack("A4", "E_POWER", "own")
def sign_after_the_key_was_revoked(forge: Forge, ground: Ground) -> None:
    like = forge.all(lambda body: body["stream"] == "keys")[-1]
    registrar = like.body["actor"]["uid"]
    key = ground.office.signers["linlan"].key_id
    change = {"change": "revoked", "key": key, "reason": "遗失", "suspect_since": None}
    event = {"event": "KeysChanged", "version": 1, "change": change}
    changes = {"act": "吊销", "actor": people(forge, registrar)}
    forge.append(like, changes, [event], ground.office.signers[registrar])
    given = step(forge, "HY-", "提交")
    forge.append(
        given,
        {"act": "抄送", "meaning": "none", "keys": head(forge, "keys"), "move": None},
        [{"event": "CopySent", "version": 1, "people": ["linlan"]}],
        ground.office.signers["linlan"],
    )
    forge.rewrite()


@attack("A4", "E_HEADS", "own")
def sign_as_if_the_key_were_not_revoked_yet(forge: Forge, ground: Ground) -> None:
    before = head(forge, "keys")
    sign_after_the_key_was_revoked(forge, ground)
    forge.entries[-1].body["keys"] = before
    forge.rewrite()


@attack("A4", "E_HEADS", "own")
def act_on_a_post_that_was_withdrawn(forge: Forge, ground: Ground) -> None:
    like, before = step(forge, "HY-", "提交"), head(forge, "org")
    amend(forge, ground.office.signers["lugong"])
    forge.append(
        like,
        {"act": "抄送", "meaning": "none", "org": before, "move": None},
        [{"event": "CopySent", "version": 1, "people": ["linlan"]}],
        ground.office.signers["linlan"],
    )
    forge.rewrite()


@attack("A4", "E_POWER", "own")
def enrol_a_key_without_being_registrar(forge: Forge, ground: Ground) -> None:
    like = forge.all(lambda body: body["stream"] == "keys")[-1]
    change = enrol(forge.stranger(), ORIGIN, "luoping", "file", like.body["time"])
    event = {"event": "KeysChanged", "version": 1, "change": dump_key_change(change)}
    changes = {"actor": identity(forge, "linlan"), "act": "登记钥匙"}
    forge.append(like, changes, [event], ground.office.signers["linlan"])
    forge.rewrite()


def enrol_by_a_registrar(forge: Forge, ground: Ground, signer: Signer, origin: str) -> None:
    """Somebody's key, with a proof for an office of that name, by one who may enrol it."""
    like = forge.all(lambda body: body["stream"] == "keys")[-1]
    made = enrol(signer, origin, "luoping", "file", like.body["time"])
    event = {"event": "KeysChanged", "version": 1, "change": dump_key_change(made)}
    registrar = like.body["actor"]["uid"]
    changes = {"act": "登记钥匙", "actor": people(forge, registrar)}
    forge.append(like, changes, [event], ground.office.signers[registrar])
    forge.rewrite()


@attack("A4", "E_PROOF", "own")
def enrol_a_key_one_does_not_have(forge: Forge, ground: Ground) -> None:
    enrol_by_a_registrar(forge, ground, forge.stranger(), "elsewhere")


@attack("A4", "E_PROOF", "own")
def enrol_a_key_of_the_other_suite(forge: Forge, ground: Ground) -> None:
    (other,) = [one for one in SUITES.values() if one != forge.suite]
    enrol_by_a_registrar(forge, ground, FileSigner(make_key(other)), ORIGIN)


@attack("A4", "E_POWER", "own")
def publish_without_the_power(forge: Forge, ground: Ground) -> None:
    like = forge.all(lambda body: body["stream"] == "defs")[-1]
    event = forge.events(like)[0] | {"edition": 2}
    changes = {"actor": identity(forge, "linlan"), "org": head(forge, "org")}
    forge.append(like, changes, [event], ground.office.signers["linlan"])
    forge.rewrite()


@attack("A4", "E_POWER", "own")
def amend_the_roster_without_the_power(forge: Forge, ground: Ground) -> None:
    amend(forge, ground.office.signers["linlan"], "linlan")
    forge.rewrite()


@attack("A4", "E_ROSTER", "own")
def sign_under_a_post_one_does_not_hold(forge: Forge, _: Ground) -> None:
    step(forge, "HY-", "归档").body["actor"]["post"] = "局长"
    forge.rewrite()


@attack("A4", "E_ROSTER", "own")
def say_that_one_was_delegated_to(forge: Forge, _: Ground) -> None:
    entry = step(forge, "HY-", "归档")
    entry.body["actor"]["for"] = {"uid": "linlan", "name": "林岚"}
    forge.rewrite()


@attack("A4", "E_ROSTER", "own")
def say_that_the_roster_said_so(forge: Forge, _: Ground) -> None:
    entry = step(forge, "LY-", "签领")
    forge.set_fact(entry, "post(资产管理员)", ["dingyifan", "suxiao", "wenya"])
    forge.rewrite()


@attack("A4", "E_HEADS", "own")
def rest_on_a_roster_that_is_not_there(forge: Forge, _: Ground) -> None:
    entry = step(forge, "HY-", "归档")
    forge.rewrite()
    entry.body["org"]["hash"] = "0" * 64
    entry.sig = b""
    forge.sign(entry, forge.signers[entry.key])
    assert forge.service is not None
    last = forge.entries[-1]
    forge.remove(last)
    forge.note()


@attack("A4", "E_ACTOR", "own")
def act_without_being_asked(forge: Forge, ground: Ground) -> None:
    entry = step(forge, "HY-", "归档")
    entry.body["actor"] = identity(forge, "linlan")
    forge.sign(entry, ground.office.signers["linlan"])
    forge.rewrite()


@attack("A4", "E_ACTOR", "own")
def add_oneself_to_those_asked(forge: Forge, ground: Ground) -> None:
    entry = step(forge, "LY-", "签领")
    forge.set_fact(entry, "who(资产管理员)", ["dingyifan", "wenya", "suxiao"])
    entry.body["actor"] = identity(forge, "suxiao")
    forge.sign(entry, ground.office.signers["suxiao"])
    forge.rewrite()


@attack("A4", "E_APART", "own")
def do_both_halves(forge: Forge, ground: Ground) -> None:
    """苏晓 signed for the goods; made a storekeeper in time, he also hands them out."""
    entry = step(forge, "LY-", "签领")
    granted = amend(forge, ground.office.signers["lugong"])
    forge.entries.remove(granted)
    forge.entries.insert(forge.entries.index(entry), granted)
    granted.at = granted.body["time"] = granted.body["happened"] = entry.body["time"]
    entry.body["actor"] = identity(forge, "suxiao")
    for later in forge.entries[forge.entries.index(entry) :]:
        later.body["org"] = {"seq": granted.body["seq"], "hash": ""}
        if later.body["actor"]["uid"] == "suxiao":
            later.body["actor"]["post"] += "、资产管理员"
        for name in {"who(资产管理员)", "post(资产管理员)"} & later.body["facts"].keys():
            forge.set_fact(later, name, ["dingyifan", "wenya", "suxiao"])
    forge.sign(entry, ground.office.signers["suxiao"])
    forge.rewrite()


@attack("A4", "E_MOVE", "own")
def do_what_the_procedure_does_not_know(forge: Forge, _: Ground) -> None:
    entry = step(forge, "HY-", "归档")
    entry.body["act"] = "盖章"
    forge.set_event(entry, 0, forge.events(entry)[0] | {"action": "盖章"})
    forge.rewrite()


@attack("A4", "E_MOVE", "own")
def go_where_the_action_does_not_lead(forge: Forge, _: Ground) -> None:
    entry = step(forge, "HY-", "提交")
    for n, event in enumerate(forge.events(entry)):
        if event["event"] == "StatesMoved":
            target = {"entered": ["待归档"], "configuration": ["待归档"]}
            forge.set_event(entry, n, event | target)
    entry.body["move"]["to"] = ["待归档"]
    forge.rewrite()


@attack("A4", "E_MOVE", "own")
def write_another_move_than_the_events(forge: Forge, _: Ground) -> None:
    step(forge, "HY-", "归档").body["move"]["to"] = ["已取消"]
    forge.rewrite()


@attack("A4", "E_MOVE", "own")
def give_a_signature_another_meaning(forge: Forge, _: Ground) -> None:
    entry = step(forge, "TK-", "接收")
    forge.set_event(entry, 0, forge.events(entry)[0] | {"meaning": "approval"})
    forge.rewrite()


@attack("A4", "E_APART", "own")
def hide_a_duty(forge: Forge, _: Ground) -> None:
    entry = step(forge, "LY-", "提交")
    forge.set_event(entry, 0, forge.events(entry)[0] | {"duties": []})
    forge.rewrite()


@attack("A4", "E_MODEL", "own")
def work_by_another_procedure(forge: Forge, _: Ground) -> None:
    other = stream(forge, "LY-")[0].body["def"]
    step(forge, "HY-", "归档").body["def"] = dict(other)
    forge.rewrite()


@attack("A4", "E_OBJECT", "own")
def work_by_a_text_nobody_has(forge: Forge, _: Ground) -> None:
    step(forge, "HY-", "归档").body["def"]["src"] = "0" * 64
    forge.rewrite()


@attack("A4", "E_MODEL", "own")
def work_by_another_text(forge: Forge, _: Ground) -> None:
    pinned = step(forge, "HY-", "归档").body["def"]
    kept = (name.removeprefix("objects/") for name in forge.files if name.startswith("objects/"))
    pinned["src"] = next(one for one in sorted(kept) if one != pinned["src"])
    forge.rewrite()


@attack("A2", "E_LOG", "own")
def skip_an_index(forge: Forge, _: Ground) -> None:
    count = len(forge.entries)
    forge.indices = [*range(count - 1), count]


@attack("A2", "E_MODEL")
def bring_an_unknown_model(forge: Forge, _: Ground) -> None:
    forge.place("models", b"{}")


@attack("A4", "E_AFTER_END", "own")
def act_after_the_end(forge: Forge, ground: Ground) -> None:
    entry = step(forge, "HY-", "归档")
    acted = forge.events(entry)[0]
    changes = {"move": None}
    forge.append(entry, changes, [acted], ground.office.signers[entry.body["actor"]["uid"]])
    forge.rewrite()


# -- opening balances ---------------------------------------------------------------------


def opening(forge: Forge) -> Entry:
    """The opening balance of the paper in stock, at the head of its card's own stream."""
    return forge.find(lambda body: body["stream"] == "stock/库存/P001")


def opened_by(forge: Forge) -> tuple[Entry, int]:
    """The record of the case that opened it, and which of its events did."""
    entry = step(forge, "JZ-", "批准")
    told = forge.events(opening(forge))[0]
    return entry, forge.events(entry).index(told)


def more(event: Row) -> Row:
    return event | {"quantity": {"$": "decimal", "is": "800"}}


@attack("A4", "E_OPENING", "own")
def open_with_more_than_the_case(forge: Forge, _: Ground) -> None:
    entry = opening(forge)
    forge.set_event(entry, 0, more(forge.events(entry)[0]))
    forge.rewrite()


@attack("A4", "E_OPENING", "own")
def open_a_card_without_a_case(forge: Forge, ground: Ground) -> None:
    like, signer = opening(forge), ground.office.signers["hanjiang"]
    event = forge.events(like)[0] | {"item": "P008"}
    forge.append(like, {"stream": "stock/库存/P008"}, [event], signer)
    forge.rewrite()


@attack("A4", "E_OPENING", "own")
def open_another_card_than_the_streams(forge: Forge, _: Ground) -> None:
    entry = opening(forge)
    forge.set_event(entry, 0, forge.events(entry)[0] | {"item": "P002"})
    forge.rewrite()


@attack("A4", "E_OPENING", "own")
def take_an_opening_balance_away(forge: Forge, _: Ground) -> None:
    forge.remove(opening(forge))
    forge.rewrite()


@attack("A4", "E_OPENING", "own")
def let_another_sign_the_opening(forge: Forge, ground: Ground) -> None:
    entry = opening(forge)
    entry.body["actor"] = identity(forge, "dingyifan")
    forge.sign(entry, ground.office.signers["dingyifan"])
    forge.rewrite()


@attack("A4", "E_OPENING", "own")
def open_with_more_than_was_entered(forge: Forge, _: Ground) -> None:
    """Case and card agree; what the case entered in the book does not."""
    entry, place = opened_by(forge)
    for one, n in ((entry, place), (opening(forge), 0)):
        forge.set_event(one, n, more(forge.events(one)[n]))
    forge.rewrite()


@attack("A4", "E_OPENING", "own")
def open_a_card_that_has_moved(forge: Forge, _: Ground) -> None:
    """What the first case opened is said of a later one as well, which receives it again."""
    entry, place = opened_by(forge)
    later = step(forge, "LY-", "签领")
    told = forge.events(entry)
    for n, event in enumerate(one for one in told if one["event"] == "Posted"):
        if event["item"] == "P001" and n < place:
            forge.set_event(later, len(later.body["events"]), event)
    forge.set_event(later, len(later.body["events"]), told[place])
    first = opening(forge)
    forge.entries.remove(first)
    forge.entries.insert(forge.entries.index(later) + 1, first)
    forge.rewrite()


@attack("A4", "E_BODY", "own")
def begin_a_card_with_something_else(forge: Forge, _: Ground) -> None:
    opening(forge).body["typ"] = "read"
    forge.rewrite()


# -- a log that was lost ------------------------------------------------------------------


def restore_otherwise(forge: Forge, ground: Ground, *by: str, **changes: Any) -> Entry:
    """The restoration with another event, consented to by these people."""
    entry = forge.find(lambda body: body["typ"] == "restore")
    event = {**forge.events(entry)[0], **changes}
    told = {n: event[n] for n in ("kept", "root", "log", "reason")}
    matter = {"act": "restore", **told, **{n: event[n] for n in event if n.startswith("lost_")}}
    at = entry.body["time"]
    event["consents"] = [
        asdict(
            give_consent(ground.office.signers[uid], Party(uid=uid, name=uid), at, ORIGIN, matter)
        )
        for uid in by
    ]
    forge.set_event(entry, 0, event)
    return entry


@attack("A3", "E_ROLLBACK", "kept", "loss")
def put_back_a_copy_and_say_nothing(forge: Forge, _: Ground) -> None:
    place = forge.entries.index(forge.find(lambda body: body["typ"] == "restore"))
    for entry in forge.entries[place:]:
        forge.remove(entry)
    forge.rewrite()


@attack("A4", "E_POWER", "own", "loss")
def restore_alone(forge: Forge, ground: Ground) -> None:
    restore_otherwise(forge, ground)
    forge.rewrite()


@attack("A4", "E_POWER", "own", "loss")
def restore_with_the_consent_of_anybody(forge: Forge, ground: Ground) -> None:
    restore_otherwise(forge, ground, "linlan")
    forge.rewrite()


@attack("A4", "E_POWER", "own", "loss")
def restore_with_a_consent_to_something_else(forge: Forge, ground: Ground) -> None:
    entry = restore_otherwise(forge, ground, "wutong")
    event = forge.events(entry)[0]
    restore_otherwise(forge, ground, "wutong", reason="别的缘由")
    forge.set_event(entry, 0, {**event, "reason": "另一个缘由"})
    forge.rewrite()


@attack("A4", "E_POWER", "own", "loss")
def restore_without_being_registrar(forge: Forge, ground: Ground) -> None:
    entry = restore_otherwise(forge, ground, "wutong")
    entry.body["actor"] = people(forge, "linlan")
    forge.sign(entry, ground.office.signers["linlan"])
    forge.rewrite()


@attack("A3", "E_RESTORE", "own", "loss")
def let_the_system_restore(forge: Forge, _: Ground) -> None:
    assert forge.service is not None
    entry = forge.find(lambda body: body["typ"] == "restore")
    entry.body |= {"way": "system", "meaning": "none", "actor": identity(forge, "SYSTEM")}
    forge.sign(entry, forge.service)
    forge.rewrite()


@attack("A4", "E_RESTORE", "own", "loss")
def say_that_something_else_was_kept(forge: Forge, ground: Ground) -> None:
    restore_otherwise(forge, ground, "wutong", root="0" * 64)
    forge.rewrite()


@attack("A4", "E_RESTORE", "own", "loss")
def go_on_under_the_old_name(forge: Forge, ground: Ground) -> None:
    restore_otherwise(forge, ground, "wutong", log=1)
    forge.rewrite()


@attack("A4", "E_RESTORE", "own", "loss")
def go_on_under_a_name_of_ten_digits(forge: Forge, ground: Ground) -> None:
    restore_otherwise(forge, ground, "wutong", log=1_000_000_000)
    forge.rewrite()


@attack("A4", "E_RESTORE", "own", "loss")
def restore_from_a_paper(forge: Forge, _: Ground) -> None:
    entry = forge.find(lambda body: body["typ"] == "restore")
    entry.body |= {"way": "paper", "recorder": {"uid": "lugong", "name": "卢工"}}
    forge.sign(entry, forge.signers[entry.key])
    forge.rewrite()


@attack("A4", "E_POWER", "own", "loss")
def restore_on_keys_that_are_not_there(forge: Forge, _: Ground) -> None:
    entry = forge.find(lambda body: body["typ"] == "restore")
    entry.body["keys"] = {"seq": 1_000_000, "hash": "0" * 64}
    forge.sign(entry, forge.signers[entry.key])
    forge.rewrite()


@attack("A2", "E_LOG", "lost", "loss")
def take_out_the_cases_from_before_it(forge: Forge, _: Ground) -> None:
    kept = [n for n, one in enumerate(forge.entries) if "/" not in one.body["stream"]]
    forge.indices = kept
    forge.entries = [forge.entries[n] for n in kept]
    forge.opened = [one for one in forge.opened if "/" not in one["stream"]]


@attack("A4", "E_RESTORE", "own", "loss")
def say_that_more_was_kept(forge: Forge, ground: Ground) -> None:
    entry = forge.find(lambda body: body["typ"] == "restore")
    kept = forge.events(entry)[0]["kept"]
    restore_otherwise(forge, ground, "wutong", kept=kept + 1)
    forge.rewrite()


@attack("A4", "E_ROLLBACK", "lost", "loss")
def own_to_less_than_was_lost(forge: Forge, ground: Ground) -> None:
    entry = forge.find(lambda body: body["typ"] == "restore")
    size = forge.events(entry)[0]["kept"] + 1
    restore_otherwise(forge, ground, "wutong", lost_size=size)
    forge.rewrite()


@attack("A4", "E_CONSISTENCY", "lost", "loss")
def own_to_another_root(forge: Forge, ground: Ground) -> None:
    restore_otherwise(forge, ground, "wutong", lost_root="0" * 64)
    forge.rewrite()


@attack("A4", "E_CONSISTENCY", "lost", "loss")
def rewrite_the_copy_and_restore_it(forge: Forge, ground: Ground) -> None:
    forge.set_fact(step(forge, "LY-", "提交"), "allocated(库存,P001)", "0")
    forge.rewrite()
    entry = forge.find(lambda body: body["typ"] == "restore")
    kept = [bytes.fromhex(one.record.digest) for one in forge.entries[: forge.entries.index(entry)]]
    root = merkle_root(kept, forge.suite).hex()
    restore_otherwise(forge, ground, "wutong", root=root)
    forge.rewrite()


@attack("A4", "E_BODY", "own")
def begin_a_case_with_a_step(forge: Forge, _: Ground) -> None:
    stream(forge, "HY-")[0].body["typ"] = "step"
    forge.rewrite()


@attack("A4", "E_BODY", "own")
def open_a_case_in_its_middle(forge: Forge, _: Ground) -> None:
    step(forge, "HY-", "提交").body["typ"] = "open"
    forge.rewrite()


@attack("A4", "E_BODY", "own")
def enrol_among_the_definitions(forge: Forge, _: Ground) -> None:
    forge.all(lambda body: body["stream"] == "defs")[-1].body["typ"] = "key"
    forge.rewrite()


@attack("A4", "E_BODY", "own")
def name_a_zone_there_cannot_be(forge: Forge, _: Ground) -> None:
    step(forge, "HY-", "归档").body["tz"] = "北京"
    forge.rewrite()


@attack("A4", "E_ROSTER", "own")
def name_another_zone(forge: Forge, _: Ground) -> None:
    step(forge, "HY-", "归档").body["tz"] = "America/New_York"
    forge.rewrite()


@attack("A4", "E_MOVE", "own")
def name_a_state_the_case_was_not_in(forge: Forge, _: Ground) -> None:
    entry = step(forge, "HY-", "归档")
    entry.body["task"] |= {"node": "已取消"}
    forge.rewrite()


@attack("A4", "E_MOVE", "own")
def name_a_task_there_never_was(forge: Forge, _: Ground) -> None:
    step(forge, "HY-", "归档").body["task"] |= {"id": "99"}
    forge.rewrite()


# -- A5: with everybody who keeps a checkpoint --------------------------------------------


@attack("A5", None, "own")
def rewrite_the_past_with_all_witnesses(forge: Forge, _: Ground) -> None:
    entry = step(forge, "HY-", "同意")
    forge.set_fact(entry, "saw(会议名称)", "另一个会")
    forge.rewrite()
    heads = {one.body["stream"]: one for one in forge.entries}

    def edit(rows: list[Row]) -> None:
        for told in rows:
            if told["table"] == "head":
                told["row"]["digest"] = heads[told["row"]["stream"]].record.digest

    forge.edit_tables(edit)
