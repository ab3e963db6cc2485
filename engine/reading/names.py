"""The owner's names in the reader's language: Chinese as written, English where `en:` gives it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain

from engine.language.definition import (
    CLAIM,
    DONE,
    EVERYDAY,
    FILL,
    RELEASE,
    SEPARATOR,
    SIGN_AGAIN,
    TICK,
    ProcessDefinition,
    ancestors,
)
from engine.language.forms import Field
from engine.text import show, translate

BUILT_IN = (CLAIM, RELEASE, FILL, TICK, SIGN_AGAIN, *EVERYDAY)  # what no owner has to name


def named(name: str, en: str | None, language: str) -> str:
    """A name, or its English where the owner gave one and the reader wants it."""
    return en if language == "en" and en else name


@dataclass(frozen=True, slots=True)
class Names:
    """One process's names; an unknown one is shown as it stands."""

    definition: ProcessDefinition
    language: str
    _states: dict[str, str | None] = field(default_factory=dict, compare=False, repr=False)

    def process(self) -> str:
        return named(self.definition.name, self.definition.en, self.language)

    def state(self, path: str) -> str:
        """A path, outer first: 会前准备 / 设备调试."""
        if not self._states:
            self._states.update({state.path: state.en for state in self.definition.walk()})
        parts = (
            translate(DONE, self.language)
            if part not in self._states and part.endswith(SEPARATOR + DONE)
            else named(part.rpartition(SEPARATOR)[2], self._states.get(part), self.language)
            for part in reversed(ancestors(path))
        )
        return " / ".join(part for part in parts if part)

    def states(self, paths: tuple[str, ...]) -> str:
        return show(tuple(self.state(path) for path in paths), self.language)

    def role(self, name: str) -> str:
        found = next((one for one in self.definition.roles if one.name == name), None)
        return named(name, found.en, self.language) if found else translate(name, self.language)

    def action(self, state: str, act: str) -> str:
        """An action as its home state names it; the engine's own words are translated."""
        homes = ancestors(state)
        for action in self.definition.all_actions():
            if action.name == act and (not action.home or action.home in homes):
                return (
                    action.en
                    if self.language == "en" and action.en
                    else translate(act, self.language)
                )
        return translate(act, self.language)

    def spoken(self, act: str) -> str:
        """An action wherever it is written, as when it is refused where it does not exist."""
        states = (one.home or one.sources[0] for one in self.definition.all_actions())
        return next((name for one in states if (name := self.action(one, act)) != act), act)

    def find_action(self, word: str) -> str:
        """The action a word names, by its own name or its English one; else the word itself."""
        named_so = (one.name for one in self.definition.all_actions() if word in (one.name, one.en))
        built_in = (one for one in BUILT_IN if word == translate(one, "en"))
        return next(chain(named_so, built_in), word)

    def field(self, one: Field) -> str:
        return named(one.name, one.en, self.language)
