"""Offices forged with everybody's keys: other rosters, amendments, signers, facts, keys.

What is forged is well-formed for the most part, and now and then not; two verifiers must say the
same of all of it.
"""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from typing import Any

from engine.evidence.canonical import canonical
from engine.evidence.keys import dump_key_change, enrol
from engine.evidence.signing import FileSigner, Signer, make_key
from tests.attacks.forge import Entry, Forge, Row, take_apart
from tests.attacks.matrix import head, people
from tests.verifier.ground import ORIGIN, Ground

QUESTIONS = (
    *("post", "group", "head_of", "leader_of", "liaisons_of", "deputies_of", "superior_of"),
    *("superiors_of", "departments", "has_post", "who", "on_duty", "toString"),
)
PARTS = ("head", "leader", "size", "name", "title", "department", "liaisons", "id")
KINDS = (
    *("PostGranted", "PostWithdrawn", "LiaisonNamed", "LiaisonRemoved", "Delegated"),
    *("DelegationEnded", "PersonLeft", "LeaveTaken", "LeaveEnded", "QualificationGained"),
)
ODD: tuple[Any, ...] = (None, True, 5, "", "x", [], [5], [{}], {}, "20261001", "2026-02-30")
ZONES = ("UTC", "America/New_York", "Pacific/Kiritimati", "Asia/Shanghai")
NO_ZONES = ("Nowhere/There", "+08:00", "", "America", "../x")
EDGES = ("9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00.000Z")


def tagged(day: str) -> Row:
    return {"$": "date", "is": day}


class Forgery:
    """One forged office in the making."""

    def __init__(self, ground: Ground, dice: random.Random) -> None:
        self.dice = dice
        self.keys = ground.office.signers
        self.forge = take_apart(ground, self.keys, service=True)
        self.service = ground.office.service
        self.published = self.forge.events(self.last("org", 0))[0]
        self.model: Row = json.loads(self.forge.files[f"models/{self.published['model']}"])
        self.uids = sorted(self.keys)
        self.posts = sorted({one["post"] for one in self.model["holdings"]})
        self.people = [one["id"] for one in self.model["people"]]
        self.departments = [one["name"] for one in self.model["departments"]]

    def last(self, stream: str, place: int = -1) -> Entry:
        return self.forge.all(lambda body: body["stream"] == stream)[place]

    def is_rare(self, chance: float = 0.1) -> bool:
        return self.dice.random() < chance

    def day(self) -> str:
        return (date(2026, 10, 12) + timedelta(days=self.dice.randrange(-30, 60))).isoformat()

    def party(self, uid: str) -> Row:
        who = people(self.forge, uid)
        if self.is_rare():
            who[self.dice.choice(("name", "post", "dept"))] = "别的"
        if self.is_rare(0.3):
            who["for"] = {"uid": self.dice.choice(self.uids), "name": "某人"}
        return who

    def spoil(self, value: Row, *names: str) -> None:
        """One field, of these or of all, that is not as laid down, or is not there."""
        name = self.dice.choice(names or sorted(value))
        if self.is_rare(0.3):
            del value[name]
        else:
            value[name] = self.dice.choice(ODD)

    # -- what is forged -----------------------------------------------------------------

    def roster(self) -> Row:
        dice, made = self.dice, json.loads(json.dumps(self.model))
        someone = (*self.people, None, "", "nobody")
        for one in made["departments"]:
            if self.is_rare(0.4):
                one["part_of"] = dice.choice((*self.departments, None, "没有这个部门"))
            if self.is_rare(0.3):
                one |= {"head": dice.choice(someone), "leader": dice.choice(someone)}
            if self.is_rare(0.3):
                one["liaisons"] = dice.choices(self.people, k=2)
        for one in made["people"]:
            if self.is_rare():
                one["title"] = dice.choice(("", *self.posts))
                one["department"] = dice.choice((None, "没有这个部门", *self.departments))
        for one in made["holdings"]:
            if self.is_rare(0.3):
                one[dice.choice(("from_", "until"))] = self.day()
        for table in ("deputies", "groups"):
            name = dice.choice((*self.departments, *self.posts))
            made[table][name] = dice.choices(self.people, k=dice.randrange(3))
        made["powers"][dice.choice(sorted(made["powers"]))] = dice.choices(self.posts, k=2)
        made["zone"] = dice.choice(NO_ZONES if self.is_rare(0.05) else ZONES)
        if self.is_rare():
            table = dice.choice(("people", "departments", "holdings"))
            if self.is_rare(0.5):
                self.spoil(dice.choice(made[table]))
            else:
                made[table].append(dice.choice(made[table]))
        elif self.is_rare():
            self.spoil(made)
        return made

    def publish_model(self, model: Row) -> None:
        """A second edition, in force for long, by who published the first."""
        content, like = canonical(model), self.last("org", 0)
        digest = self.forge.place("models", content)
        event = self.published | {"model": digest, "edition": 2}
        event |= {"effective": tagged("2026-01-01")}
        self.forge.append(like, {}, [event], self.keys[like.body["actor"]["uid"]])

    def publish(self) -> None:
        content = canonical(self.roster())
        if not self.is_rare(0.05):
            self.forge.place("models", content)
        event = self.published | {
            "model": self.forge.suite.digest(content),
            "edition": self.dice.choice((1, 2, 2, 3)),
            "effective": tagged(self.day()),
        }
        if self.is_rare(0.05):
            self.spoil(event, "model", "edition", "effective", "kind")
        self.amend_org(event, "发布")

    def amendment(self) -> Row:
        dice = self.dice
        one = dice.choice(self.model["holdings"])
        kind, until = dice.choice(KINDS), tagged(self.day())
        made: Row = {"amendment": kind, "from_": tagged(self.day())}
        if kind in ("Delegated", "DelegationEnded"):
            made |= {"from_person": dice.choice(self.uids), "to_person": dice.choice(self.uids)}
        else:
            made["person"] = dice.choice((*self.uids, one["person"]))
        if kind in ("PostGranted", "PostWithdrawn"):
            made["post"] = one["post"]
        if kind in ("LiaisonNamed", "LiaisonRemoved"):
            made["department"] = dice.choice(self.departments)
        if kind in ("PostGranted", "LiaisonNamed"):
            made["until"] = dice.choice((None, until))
        if kind == "Delegated":
            made |= {"until": until, "processes": dice.choice(([], ["会务服务保障"], ["入库"]))}
        if self.is_rare(0.05):
            self.spoil(made)
        return made

    def amend_org(self, event: Row, act: str) -> None:
        dice = self.dice
        uid = dice.choice((*self.uids, *("lugong", "hanjiang") * 8))
        changes: Row = {"typ": "org", "act": act, "org": head(self.forge, "org")}
        changes |= {"happened": f"{self.day()}T17:30:00.000Z", "actor": self.party(uid)}
        key: Signer = self.keys[uid]
        if self.is_rare(0.15):
            system = self.forge.find(lambda body: body["way"] == "system")
            changes |= {"way": "system", "meaning": "none", "actor": system.body["actor"]}
            case = self.dice.choice(self.cases())
            changes["case"] = dice.choice((None, {"id": "never", "number": "X"}, case.body["case"]))
            key = self.service
        self.forge.append(self.last("org"), changes, [event], key)

    def amend(self) -> None:
        event = {"event": "RosterAmended", "version": 1, "amendment": self.amendment()}
        if self.is_rare(0.3):
            self.act([event | {"event": "AmendmentRequested", "request": "x"}])
        self.amend_org(event, "人事变更")

    def cases(self) -> list[Entry]:
        return self.forge.all(lambda body: body["stream"][:5] == "case/" and body["way"] == "key")

    def question(self) -> str:
        dice = self.dice
        names = (*self.departments, *self.posts, *self.people, "评价组", "None", "constructor", "")
        if self.is_rare(0.3):
            return f"{dice.choice(names)}.{dice.choice(PARTS)}"
        asked, argument = dice.choice(QUESTIONS), dice.choice(names)
        if asked == "has_post":
            argument = f"{dice.choice(self.people)},{dice.choice(self.posts)}"
        return f"{asked}({argument})"

    def act(self, events: list[Row]) -> None:
        """A record of a case, with facts whose values are for `answer` to fill in."""
        dice = self.dice
        uid, typ = dice.choice(self.uids), dice.choice(("step", "step", "open", "refusal"))
        like = self.last(dice.choice(self.cases()).body["stream"])
        changes = {"typ": typ, "code": "NO" if typ == "refusal" else None, "move": None}
        changes |= {"act": "抄送", "meaning": "none", "way": "key", "recorder": None}
        made = self.forge.append(like, changes | {"actor": self.party(uid)}, events, self.keys[uid])
        made.body["happened"] = min(f"{self.day()}T16:30:00.000Z", made.body["time"])
        if self.is_rare(0.03):
            made.body["time"] = made.body["happened"] = dice.choice(EDGES)
        for _ in range(dice.randrange(25)):
            self.forge.set_fact(made, self.question(), dice.choice((*ODD, False, 0, 1)))

    def change_keys(self) -> Signer:
        """A change of keys, maybe not its signer's to make, or ill-formed; the key it brings."""
        dice, like = self.dice, self.last("keys")
        key = FileSigner(make_key())
        origin = "elsewhere" if self.is_rare(0.3) else ORIGIN
        uid = dice.choice((*self.uids, "SYSTEM"))
        custody = dice.choice(("file", "file", "agent", "service"))
        made = dump_key_change(enrol(key, origin, uid, custody, like.body["time"]))
        change: Row = {"consents": [], **made}
        signer = dice.choice((*self.uids, *("lugong",) * 16))
        held = self.keys[dice.choice(self.uids)].key_id
        match dice.randrange(6):
            case 0:
                signer = uid if uid in self.keys else signer
                change |= {"change": "rotated", "old": self.keys[signer].key_id}
                del change["consents"]
            case 1:
                since = dice.choice((None, "2026-10-12T00:00:00.000Z"))
                known = dice.choice((held, key.key_id))
                change = {"change": "revoked", "key": known, "reason": "遗失"}
                change["suspect_since"] = since
            case 2:
                change = {"change": "appointed", "registrars": dice.choice(([], ["lugong"], [""]))}
        if self.is_rare():
            self.spoil(change)
        event = {"event": "KeysChanged", "version": 1, "change": change}
        changes = {"act": "钥匙", "actor": people(self.forge, signer)}
        if self.is_rare():
            changes |= {"typ": "refusal", "code": "NO"}
        events = [event, event] if self.is_rare(0.05) else [event]
        self.forge.append(like, changes, events, self.keys[signer])
        self.forge.signers[key.key_id] = key
        return key

    def sign(self, brought: Signer) -> None:
        """Somebody's record under his own key, a new one or that of the service."""
        dice = self.dice
        uid = dice.choice(self.uids)
        key = dice.choice((self.keys[uid], brought, self.service))
        typ = dice.choice(("step", "step", "refusal", "read", "system"))
        changes = {"typ": typ, "code": "NO" if typ == "refusal" else None, "move": None}
        changes |= {"meaning": dice.choice(("none", "approval")), "way": "key", "recorder": None}
        like = self.last(dice.choice(self.cases()).body["stream"])
        self.forge.append(like, changes | {"actor": people(self.forge, uid)}, [], key)


def forge_keys(ground: Ground, dice: random.Random) -> Forge:
    """Some changes of keys, and what is signed after them."""
    made = Forgery(ground, dice)
    for _ in range(dice.randrange(1, 4)):
        brought = made.change_keys()
        if made.is_rare(0.7):
            made.sign(brought)
    made.forge.rewrite()
    return made.forge


def forge_office(ground: Ground, dice: random.Random) -> Forge:
    """Some editions, amendments and acts, signed and under one checkpoint."""
    made = Forgery(ground, dice)
    for _ in range(dice.randrange(4, 14)):
        match dice.randrange(4):
            case 0:
                made.publish()
            case 1:
                made.amend()
            case _:
                made.act([])
    made.forge.rewrite()
    return made.forge
