"""Random people of the sample office at the real desk: they order, accept, draw, return, count.

Each turn somebody does one thing that is open to him in a random case, with quantities from
the dice: mostly sensible, now and then too many. What the rules refuse is a turn too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from random import Random

from engine.desk import Receipt
from engine.evidence.record import SERVICE
from engine.kernel.case import Case
from engine.kernel.command import Perform, TickItems
from engine.kernel.options import options
from engine.language.definition import Action, State
from engine.language.forms import Row, Value, rows_of
from engine.rehearsal.office import Office
from engine.rehearsal.player import Player
from tests.conftest import open_office, sample_texts

PROCESSES = (
    *("期初建账", "经费预算", "办公用品采购", "到货验收", "入库", "付款", "用印"),
    *("办公用品领用", "领用退库", "库存盘点", "库存报损", "会务服务保障"),
)
ITEMS = ("P001", "P003", "P004", "P006", "P007")
LIAISONS = ("林岚", "江源", "吴桐", "姚远")


class Clerks:
    """The sample office with its opening stock, and dice."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.office: Office = open_office(texts=sample_texts(*PROCESSES))
        player = Player(self.office)
        for given in ("期初建账", "经费预算"):
            example = self.office.definitions[given].examples[0]
            assert player.play(example.steps).misses == []
        self.office.now = self.office.at("2026-11-02 09:00")
        self.answers: Counter[str] = Counter()

    def turn(self) -> None:
        """One thing somebody does; time goes on."""
        self.office.now += timedelta(minutes=self.dice.choice((3, 20, 90)))
        assert self.office.worker.tick().stuck == ()
        open_ones = [row.id for row in self.office.store.cases(is_open=True)]
        if not open_ones or self.dice.random() < 0.12:
            self.begin()
            return
        self.act(self.office.store.load_case(self.dice.choice(open_ones)))

    # -- beginning ---------------------------------------------------------------------------

    def begin(self) -> None:
        match self.dice.choice(("领", "领", "领", "购", "购", "退", "损", "盘")):
            case "领":
                rows = tuple(
                    {"物品": item, "申请": self.dice.randint(1, 25)}
                    for item in self.dice.sample(ITEMS, self.dice.randint(1, 3))
                )
                self.start("办公用品领用", self.dice.choice(LIAISONS), {"行": rows})
            case "购":
                rows = tuple(
                    {"物品": item, "核定量": self.dice.randint(1, 40), "预估单价": 2, "成交单价": 2}
                    for item in self.dice.sample(ITEMS, 2)
                )
                total = sum(int(str(row["核定量"])) * 2 for row in rows)
                values: dict[str, Value] = {
                    "期间": "2026-11",
                    "品类": str(self.dice.random()),
                    "行": rows,
                    "预算科目": "2026-办公费",
                    "报价": ({"供应商": "百信", "总价": total},),
                    "推荐供应商": "百信",
                    "推荐总价": total,
                    "约定到货日": self.office.at("2026-12-20 00:00").date(),
                }
                self.start("办公用品采购", SERVICE, values)
            case "退":
                done = self.office.store.cases(process="办公用品领用", is_open=False)
                if done:
                    row = self.dice.choice(done)
                    who = self.office.desk.catalog.roster(self.office.now).name_of(row.initiator)
                    drawn = rows_of(self.office.store.load_case(row.id).values.get("拣批"))
                    item = self.dice.choice([str(one["物品"]) for one in drawn] or list(ITEMS))
                    much = self.dice.choice((1, 2, 5, 20))
                    lines = ({"物品": item, "数量": much, "未拆封": True},)
                    given = {"领用单号": row.number, "退库原因": "多领", "退库行": lines}
                    self.start("领用退库", who, given)
            case "损":
                lines = (
                    {
                        "物品": self.dice.choice(ITEMS),
                        "批次": f"L{self.dice.randint(1, 3)}",
                        "数量": self.dice.randint(1, 5),
                        "单价": 1,
                        "原因": "受潮",
                    },
                )
                self.start("库存报损", "丁一凡", {"事由": "受潮", "报损行": lines})
            case "盘" if self.dice.random() < 0.15:
                self.start("库存盘点", "顾敏", {})

    def start(self, process: str, who: str, values: Mapping[str, Value]) -> None:
        office = self.office
        if who == SERVICE:
            buyer = office.person("罗平")
            answer = office.desk.start(process, who, office.service, values, initiator=buyer)
        else:
            uid = office.person(who)
            answer = office.desk.start(process, uid, office.signers[uid], values)
        if isinstance(answer, Receipt) and answer.case is not None:
            self.answers["立案"] += 1
            office.worker.follow(answer.case.id)
        else:
            self.answers["拒绝"] += 1

    # -- acting ------------------------------------------------------------------------------

    def act(self, case: Case) -> None:
        definition = self.office.desk.catalog.definition(case.definition)
        possible = [one for one in options(definition, case) if self.is_for_people(one.action)]
        if not possible:
            return
        onward = [one for one in possible if not one.action.reason and one.action.name != "作废"]
        option = self.dice.choice(onward if onward and self.dice.random() < 0.9 else possible)
        people = [p for t in case.open_tasks if t.state == option.state.path for p in t.people]
        others = ("罗平", "韩江", "孙蕾", "丁一凡", "林岚", "沈卫东")
        actor = self.dice.choice(people or [self.office.person(self.dice.choice(others))])
        if option.state.checklist is not None:
            ticks = TickItems(actor=actor, items=(), branch=option.state.name)
            self.office.desk.perform(case.id, ticks, self.office.signers[actor])
        command = Perform(
            action=option.action.name,
            actor=actor,
            branch=option.state.name,
            reason="因故",
            values=self.values(case, option.state, option.action),
        )
        answer = self.office.desk.perform(case.id, command, self.office.signers[actor])
        done = isinstance(answer, Receipt)
        self.answers[f"{case.process}·{command.action}" if done else "拒绝"] += 1
        self.office.worker.follow(case.id)

    @staticmethod
    def is_for_people(action: Action) -> bool:
        return not (action.by_system and action.who is None) and action.name != "送印"

    def values(self, case: Case, state: State, action: Action) -> dict[str, Value]:
        """What belongs into the form at this step."""
        match case.process, state.name:
            case "办公用品采购", "已下单" | "收货中" if action.name == "到货登记":
                rows = tuple(
                    {"物品": row["物品"], "到货": self.dice.randint(1, max(1, _of(row, "未交")))}
                    for row in rows_of(case.values.get("行"))
                    if _of(row, "未交") > 0 or self.dice.random() < 0.1
                )
                return {"送货单号": f"SH-{self.dice.randint(1, 9999)}", "本次到货": rows}
            case "到货验收", "待验":
                return {"使用代表": self.office.person("林岚")}
            case "到货验收", "验收中":
                return {"验收行": tuple(map(self.inspected, rows_of(case.values.get("验收行"))))}
            case "到货验收", "退换中":
                return {"退换说明": "与供应商商定"}
            case "办公用品领用", "主管审批":
                return {}
            case "付款", "审核":
                return {"票据号": f"FP-{self.dice.randint(1, 9999)}"}
            case "库存盘点", "冻结":
                names = ("姚远", "许慧", "孙蕾")
                fields = ("初盘人", "复盘人", "监盘人")
                people = map(self.office.person, names)
                return dict(zip(fields, people, strict=True))
            case "库存盘点", "初盘" | "复盘" | "三盘" | "差异说明":
                return {"盘点行": tuple(self.counted(case, state.name))}
            case "库存报损", "鉴定":
                return {"处置方式": "回收"}
        return {}

    def inspected(self, row: Row) -> Row:
        most = min(_of(row, "到货"), _of(row, "未交"))
        good = most if self.dice.random() < 0.6 else self.dice.randint(0, most)
        bad = _of(row, "到货") - good
        cause = {"原因码": "质量", "处置": "换"} if bad else {}
        return {"物品": row["物品"], "合格": good, "拒收": bad, **cause}

    def counted(self, case: Case, state: str) -> list[Row]:
        lines = []
        for row in rows_of(case.values.get("盘点行")):
            key = {"物品": row["物品"], "批次": row["批次"]}
            real = max(0, _of(row, "应盘") + (hash_of(row, case.number) if state != "三盘" else 0))
            lines.append({**key, **({"原因": "损耗"} if state == "差异说明" else {state: real})})
        return lines


def hash_of(row: Row, number: str) -> int:
    """How much is missing or too many of a lot: the same for every counter of a case."""
    return (0, 0, 0, -1, 1, 0)[Random(f"{row['物品']}{row['批次']}{number}").randrange(6)]


def _of(row: Row, column: str) -> int:
    found = row.get(column)
    return found if isinstance(found, int) else 0
