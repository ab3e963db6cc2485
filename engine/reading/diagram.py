"""Pictures of a procedure: a tree for the terminal, Mermaid for documents, SVG for everybody.

Mermaid text uses ASCII ids with quoted labels, because names in Chinese or with signs of
their own are not ids to it. The SVG needs no other program.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from html import escape

from engine.language.calendar import Span, Unit
from engine.language.definition import Action, Kind, ProcessDefinition, State
from engine.reading.names import Names, named
from engine.text import Text, say, show

UNITS: Mapping[Unit, Callable[[Decimal], Text]] = {
    Unit.WORKDAYS: lambda count: say("{count} 个工作日", count=count),
    Unit.WORKHOURS: lambda count: say("{count} 个工作小时", count=count),
    Unit.HOURS: lambda count: say("{count} 小时", count=count),
    Unit.MINUTES: lambda count: say("{count} 分钟", count=count),
}
ONE: Mapping[Unit, Callable[[Decimal], Text]] = {
    Unit.WORKDAYS: lambda _: say("1 个工作日"),
    Unit.WORKHOURS: lambda _: say("1 个工作小时"),
    Unit.HOURS: lambda _: say("1 小时"),
    Unit.MINUTES: lambda _: say("1 分钟"),
}
BOX, HIGH, GAP, LEFT = 300, 58, 34, 190
INNER, WIDEST = 150, 980  # the width wanted for a state inside another, and allowed for all of them


def who_of(state: State, names: Names) -> str:
    return show(tuple(names.role(slot.role.name) for slot in state.slots), names.language)


def label_of(state: State, names: Names) -> str:
    return named(state.name, state.en, names.language)


def due_of(state: State, names: Names) -> str:
    found = [span_of(one.span, names.language) for one in state.due if one.span is not None]
    return " / ".join(dict.fromkeys(found))


def span_of(span: Span, language: str) -> str:
    """A length of time as people say it."""
    if span.clock is not None:
        return say("前一天 {clock}", clock=f"{span.clock:%H:%M}").show(language)
    words = UNITS[span.unit] if span.count != 1 else ONE[span.unit]
    return words(span.count).show(language)


def draw_tree(
    definition: ProcessDefinition, language: str, marked: frozenset[str] = frozenset()
) -> str:
    """States inside states, who does the work and by when, and where each action leads."""
    names = Names(definition, language)
    lines = [names.process()]
    for state in definition.states:
        lines += _tree(definition, state, names, marked, "")
    for action in definition.actions:
        lines.append(f"* {_led(definition, action, names)}")
    return "\n".join(lines)


def _led(definition: ProcessDefinition, action: Action, names: Names) -> str:
    led = tuple(
        named(state.name, state.en, names.language)
        for to in definition.targets(action)
        if (state := definition.find_state(to)) is not None
    )
    return f"{names.action(action.home or '', action.name)} → {show(led, names.language) or '·'}"


def _tree(
    definition: ProcessDefinition,
    state: State,
    names: Names,
    marked: frozenset[str],
    indent: str,
) -> list[str]:
    sign = (
        "●"
        if state.path in marked
        else "∥"
        if state.kind is Kind.PARALLEL
        else "■"
        if (state.kind is Kind.FINAL)
        else "○"
    )
    detail = " · ".join(part for part in (who_of(state, names), due_of(state, names)) if part)
    lines = [f"{indent}{sign} {label_of(state, names)}" + (f"  ({detail})" if detail else "")]
    for action in state.actions:
        lines.append(f"{indent}    {_led(definition, action, names)}")
    for inner in state.inner:
        lines += _tree(definition, inner, names, marked, indent + "    ")
    return lines


def draw_mermaid(definition: ProcessDefinition, language: str) -> str:
    """A Mermaid state diagram (stateDiagram-v2)."""
    names = Names(definition, language)
    ids = {state.path: f"s{n}" for n, state in enumerate(definition.walk(), 1)}
    lines = ["stateDiagram-v2", f"    [*] --> {ids[definition.start]}"]
    for state in definition.states:
        lines += _mermaid_state(state, ids, names, "    ")
    for action in definition.all_actions():
        name = _plain(names.action(action.home or "", action.name))
        for source in (action.home,) if action.home else action.sources:
            for to in definition.targets(action):
                if to in ids:
                    lines.append(f"    {ids[source]} --> {ids[to]} : {name}")
    lines += [
        f"    {ids[state.path]} --> [*]" for state in definition.walk() if state.kind is Kind.FINAL
    ]
    return "\n".join(lines)


def _mermaid_state(state: State, ids: dict[str, str], names: Names, indent: str) -> list[str]:
    name = f'{indent}state "{_plain(label_of(state, names))}" as {ids[state.path]}'
    if not state.inner:
        return [name]
    lines = [f"{name} {{"]
    for place, inner in enumerate(state.inner):
        if place and state.kind is Kind.PARALLEL:
            lines.append(f"{indent}    --")
        lines += _mermaid_state(inner, ids, names, indent + "    ")
    return [*lines, f"{indent}}}"]


def _plain(text: str) -> str:
    return text.replace('"', "'").replace(":", " ").replace(";", " ").replace("#", " ")


def draw_svg(
    definition: ProcessDefinition,
    language: str,
    marked: frozenset[str] = frozenset(),
    passed: frozenset[str] = frozenset(),
) -> str:
    """A flow chart from top to bottom in the order written.

    Steps to the next box run straight down, others on the right; returns run dashed on
    the left. Branches of a parallel state stand side by side in its frame.
    """
    names = Names(definition, language)
    widest = max((len(state.inner) for state in definition.states), default=1)
    across = max(BOX, min(widest * INNER, WIDEST))
    centre = LEFT + across // 2
    tops: dict[str, int] = {}
    parts: list[str] = []
    y = 60
    for state in definition.states:
        tops[state.path] = y
        tall = HIGH + (HIGH + 22 if state.inner else 0)
        parts += _box(state, centre, y, tall, across, names, marked, passed)
        y += tall + GAP
    lanes = _edges(definition, tops, centre, across, names)
    wide = LEFT + across + 190
    title = names.process()
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {y}" width="{wide}"'
            f' height="{y}" font-family="Noto Sans CJK SC, Microsoft YaHei, sans-serif">',
            '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8"'
            ' markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#475569"/></marker>'
            "</defs>",
            f'<rect width="{wide}" height="{y}" fill="#ffffff"/>',
            f'<text x="{centre}" y="34" font-size="20" font-weight="bold" text-anchor="middle"'
            f' fill="#0f172a">{escape(title)}</text>',
            *lanes,
            *parts,
            "</svg>",
        ]
    )


def _box(
    state: State,
    centre: int,
    y: int,
    tall: int,
    across: int,
    names: Names,
    marked: frozenset[str],
    passed: frozenset[str],
) -> list[str]:
    wide = across if state.inner else BOX
    fill = (
        "#fef3c7"
        if any(m.startswith(state.path) for m in marked)
        else ("#dcfce7" if state.path in passed else "#f8fafc")
    )
    round_ = 28 if state.kind is Kind.FINAL else 6
    detail = "  ".join(part for part in (who_of(state, names), due_of(state, names)) if part)
    parts = [
        f'<rect x="{centre - wide // 2}" y="{y}" width="{wide}" height="{tall}" rx="{round_}"'
        f' fill="{fill}" stroke="#334155" stroke-width="1.4"/>',
        f'<text x="{centre}" y="{y + (26 if detail else 34)}" font-size="16" text-anchor="middle"'
        f' fill="#0f172a">{escape(label_of(state, names))}</text>',
    ]
    if detail:
        parts.append(
            f'<text x="{centre}" y="{y + 46}" font-size="12" text-anchor="middle"'
            f' fill="#475569">{escape(_fit(detail, wide - 16))}</text>'
        )
    if state.inner:
        room = wide // len(state.inner)
        for place, inner in enumerate(state.inner):
            x = centre - wide // 2 + place * room
            name = _fit(label_of(inner, names), room - 18, 14)
            parts += [
                f'<rect x="{x + 6}" y="{y + HIGH}" width="{room - 12}" height="{HIGH + 10}" rx="5"'
                ' fill="#ffffff" stroke="#94a3b8"/>',
                f'<text x="{x + room // 2}" y="{y + HIGH + 28}" font-size="14"'
                f' text-anchor="middle" fill="#0f172a">{escape(name)}</text>',
                f'<text x="{x + room // 2}" y="{y + HIGH + 50}" font-size="11"'
                f' text-anchor="middle" fill="#475569">'
                f"{escape(_fit(who_of(inner, names), room - 18, 11))}</text>",
            ]
    return parts


def _edges(
    definition: ProcessDefinition,
    tops: dict[str, int],
    centre: int,
    across: int,
    names: Names,
) -> list[str]:
    order = list(tops)
    heights = {s.path: HIGH + (HIGH + 22 if s.inner else 0) for s in definition.states}
    parts: list[str] = []
    lanes = {"left": 0, "right": 0}
    leaving: dict[tuple[str, str], int] = {}
    straight: dict[tuple[str, str], list[str]] = {}
    for action in definition.all_actions():
        for source in (action.home,) if action.home else action.sources:
            start = source.split("/")[0]
            for to in dict.fromkeys(one.split("/")[0] for one in definition.targets(action)):
                if to == start:
                    continue
                name = escape(names.action(action.home or "", action.name))
                step = order.index(to) - order.index(start)
                if step == 1:
                    straight.setdefault((start, to), []).append(name)
                    continue
                side = "right" if step > 0 else "left"
                lane = lanes[side] % 7
                lanes[side] += 1
                place = leaving[start, side] = leaving.get((start, side), -1) + 1
                wide = across // 2 if _is_wide(definition, start) else BOX // 2
                there = across // 2 if _is_wide(definition, to) else BOX // 2
                turn = 1 if side == "right" else -1
                x1, x2 = centre + turn * wide, centre + turn * there
                out = centre + turn * (across // 2 + 26 + lane * 20)
                y1, y2 = tops[start] + 16 + place * 15, tops[to] + 12 + lane * 5
                dash = "" if side == "right" else ' stroke-dasharray="5 4"'
                anchor = "start" if side == "right" else "end"
                parts.append(
                    f'<path d="M{x1} {y1}H{out}V{y2}H{x2 + turn * 2}" stroke="#64748b"'
                    f' fill="none"{dash} marker-end="url(#a)"/>'
                    f'<text x="{x1 + turn * 5}" y="{y1 - 3}" font-size="11" text-anchor="{anchor}"'
                    f' fill="#334155">{name}</text>'
                )
    for (start, to), told in straight.items():
        top = tops[start] + heights[start]
        parts.append(
            f'<path d="M{centre} {top}V{tops[to] - 2}" stroke="#475569" fill="none"'
            ' marker-end="url(#a)"/>'
            f'<text x="{centre + 10}" y="{top + 21}" font-size="12"'
            f' fill="#334155">{" / ".join(dict.fromkeys(told))}</text>'
        )
    return parts


def _is_wide(definition: ProcessDefinition, path: str) -> bool:
    return bool(definition.state(path).inner)


def _fit(text: str, room: int, size: int = 12) -> str:
    """The text cut to a width in pixels; Chinese characters are as wide as the type is high."""
    used, kept = 0.0, ""
    for one in text:
        used += size if unicodedata.east_asian_width(one) in "WF" else size * 0.56
        if used > room:
            return kept[:-1] + "…"
        kept += one
    return kept
