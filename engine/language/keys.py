"""The keywords of the language: what the loader accepts and the JSON Schema publishes."""

from __future__ import annotations

PROCESS = (
    "process",
    "en",
    "owner",
    "basis",
    "number",
    "title",
    "form",
    "roles",
    "duties",
    "apart",
    "rules",
    "balance",
    "amount",
    "tables",
    "every",
    "gather",
    "children",
    "opened_by",
    "paper",
    "start",
    "states",
    "actions",
    "everyday",
    "examples",
)
STATE = (
    "en",
    "basis",
    "who",
    "sign",
    "edit",
    "require",
    "hide",
    "due",
    "checklist",
    "when",
    "parallel",
    "states",
    "start",
    "actions",
    "split",
    "entry",
    "final",
    "clock",
)
SPLIT = ("per", "otherwise")  # beside these, one part after the other by the owner's names
PART = ("when", "start", "to")
PART_START = ("process", "set", "initiator")
REQUIRED = ("field", "when")
ACTION = (
    "en",
    "to",
    "who",
    "when",
    "after",
    "auto",
    "at",
    "need",
    "reason",
    "edit",
    "require",
    "append",
    "start",
    "set",
    "post",
    "reopen",
    "rest",
    "max",
    "beyond",
    "refuse",
    "say",
    "meaning",
    "tell",
    "stand",
)
CASE_ACTION = (*ACTION, "from")
ARM = ("when", "to", "otherwise")
ROLE = ("who", "en", "collective", "outsider", "recorder", "minutes")
DUTY = ("acts", "holders")
APART = ("rule", "duties", "roles", "within")
RULE = ("that", "refuse", "say", "cite", "name")
SIGN = ("who", "need", "order", "sees", "meaning", "vote")
SLOT = ("who", "when", "need", "weight")
VOTE = ("yes", "no", "abstain", "pass", "to", "otherwise")
TELL = ("who", "say")
# an everyday action: what may be said of it; the second part is compulsory
EVERYDAY = {
    "transfer": (("in", "to", "max"), ()),
    "consign": (("in", "to"), ()),
    "add_signer": (("in", "to", "max"), ()),
    "urge": (("in", "who", "every"), ()),
    "copy": (("in", "who", "to"), ()),
    "comment": (("in", "who"), ()),
    "suspend": (("in", "max"), ("who",)),
    "withdraw": (("in", "consent"), ()),
    "return": (("in", "to", "then", "max"), ()),
    "correct": (("in",), ("who", "fields")),
    "reopen": (("in", "within"), ("who", "to")),
}
DUE = (
    "by",
    "after",
    "before",
    "late",
    "remind",
    "when",
    "otherwise",
    "monthly",
    "quarterly",
    "half_yearly",
    "yearly",
    "at",
    "rest_day",
    "of",
    "on",
    "tell",
)
BALANCE = ("per",)  # beside it, one equation after the other: what, and what it must come to
CHECKLIST = ("items", "refuse", "one_at_a_time")
ITEM = ("item", "en", "when", "after")
# a book entry: the verb with the book, then what the verb takes; the second part is compulsory
BOOK_ENTRIES = {
    "open": (("each", "when", "kind", "cost", "lot", "keep", "despite"), ("item", "quantity")),
    "receive": (
        ("each", "when", "kind", "cost", "lot", "keep", "holder", "despite"),
        ("item", "quantity"),
    ),
    "issue": (("each", "when", "kind", "lot", "holder", "of", "despite"), ("item", "quantity")),
    "return": (("each", "when", "kind", "of", "despite"), ("item", "quantity")),
    "adjust": (("each", "when", "kind", "cost", "despite"), ("item", "lot", "quantity")),
    "reserve": (("each", "when", "holder"), ("item", "quantity")),
    "release": (("each", "when", "of", "item", "quantity"), ()),
    "reverse": (("when", "kind", "of", "despite"), ()),
    "freeze": (("when",), ()),
    "thaw": (("when",), ()),
    "pick": (("when", "order"), ("each", "item", "quantity", "into", "take")),
    "list": (("when", "per"), ("into", "take")),
}
# taking a thing of a diary and giving it up; the second part is compulsory
BOOKING_ENTRIES = {
    "occupy": (
        (
            *("each", "when", "before", "after", "fit"),
            *("despite", "oust", "instead", "provisional"),
        ),
        ("what", "from", "until"),
    ),
    "vacate": (("when", "what", "of"), ()),
}
# a change of people from a day on; the second part is compulsory, less `until` where it ends one
AMEND_ENTRIES = {
    "grant": (("until",), ("post", "person", "from")),
    "withdraw": ((), ("post", "person", "from")),
    "delegate": (("limit", "processes"), ("person", "to", "from", "until")),
    "leave": ((), ("person", "from", "until")),
    "qualify": ((), ("person", "name", "from", "until")),
    "liaison": (("until",), ("department", "person", "from")),
    "leaver": (("to",), ("person", "from")),
}
AMEND_END_ENTRIES = {
    "delegate": ((), ("person", "to", "from")),
    "leave": ((), ("person", "from")),
    "liaison": ((), ("department", "person", "from")),
}
# a person's work in all cases: as lines, or to another's hands; the second part is compulsory
WORK_ENTRIES = {
    "list_work": (("when",), ("of", "into", "take")),
    "hand_over": (("each", "when", "case"), ("to",)),
}
EFFECT = (
    "set",
    "start",
    "each",
    "by",
    "when",
    "initiator",
    "members",
    "parent",
    "children",
    "process",
    "rows",
    "into",
    "take",
    "tell",
    "say",
)
START = ("process", "each", "by", "when", "set", "initiator")
EVERY = (
    "daily",
    "weekly",
    "monthly",
    "quarterly",
    "half_yearly",
    "yearly",
    "at",
    "rest_day",
    "each",
    "initiator",
    "set",
    "when",
    "unless",
    "carry",
)
CARRY = ("state", "same", "take", "reference")
GATHER = ("from", "at", "key", "after", "rows", "into", "take", "until")
CHILD = ("at", "rows", "into", "take")
TABLE_ROW = ("when", "then", "otherwise")
BASIS = ("document", "clause")
EXAMPLE = ("name", "omitted", "do")
STEP = (
    "given",
    "at",
    "who",
    "do",
    "on",
    "start",
    "as",
    "initiator",
    "set",
    "attach",
    "row",
    "reason",
    "branch",
    "reopen",
    "item",
    "tick",
    "say",
    "for",
    "to",
    "until",
    "returns",
    "place",
    "paper",
    "grant",
    "withdraw",
    "delegate",
    "leave",
    "qualify",
    "liaison",
    "leaver",
    "find",
    "refused",
    "then",
    "count",
)
OUTCOME = (
    "case",
    "state",
    "asked",
    "not_asked",
    "due",
    "signed",
    "fallen",
    "fields",
    "rounds",
    "refusals",
    "share",
    "late",
    "on_time",
    "closed",
    "children",
    "told",
    "books",
    "bookings",
    "kept",
)
