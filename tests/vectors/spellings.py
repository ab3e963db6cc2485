"""Vectors of canonical form (evidence-spec.md §1): texts that are read, and texts that are not.

A right one also names a `loose` spelling of the same value: a reader of plain JSON reads that, and
what it writes canonically is `text`. A wrong one is given in hex where it is not UTF-8.
"""

from __future__ import annotations

from collections.abc import Iterator

Vector = dict[str, object]
WIDE, RARE = "\uff08", "\U00020bb7"  # RARE is D842 DFB7 in UTF-16, so before WIDE
MOST = 2**53 - 1

RIGHT: dict[str, tuple[str, str]] = {
    "null": ("null", " null "),
    "true": ("true", "true\n"),
    "false": ("false", "\tfalse"),
    "zero": ("0", "-0"),
    "one": ("1", " 1"),
    "a negative number": ("-5", "-5 "),
    "the largest number": (str(MOST), f" {MOST}"),
    "the smallest number": (str(-MOST), f"{-MOST}\r"),
    "digits that look like a float elsewhere": ("[100,1000000]", "[ 100 , 1000000 ]"),
    "an empty text": ('""', ' ""'),
    "an empty list": ("[]", "[ ]"),
    "an empty object": ("{}", "{ }"),
    "an empty name": ('{"":1}', '{ "" : 1 }'),
    "ASCII": ('"abc"', '"\\u0061bc"'),
    "every printable ASCII letter": (
        '"' + "".join(map(chr, range(0x20, 0x7F))).replace("\\", "\\\\").replace('"', '\\"') + '"',
        '"' + "".join(f"\\u{n:04X}" for n in range(0x20, 0x7F)) + '"',
    ),
    "a slash is not escaped": ('"a/b"', '"a\\/b"'),
    "a quote": ('"\\""', '"\\u0022"'),
    "a backslash": ('"\\\\"', '"\\u005c"'),
    "a backslash before a quote": ('"\\\\\\""', '"\\u005C\\u0022"'),
    "a backslash before an n": ('"\\\\n"', '"\\u005cn"'),
    "a line feed": ('"a\\nb"', '"a\\u000ab"'),
    "a tab": ('"a\\tb"', '"a\\u0009b"'),
    "markup is not escaped": ('"<a href=x>&</a>"', '"\\u003ca href=x\\u003e\\u0026</a>"'),
    "Chinese": ('"办公室"', '"\\u529e\\u516c\\u5ba4"'),
    "full-width punctuation": ('"\uff08甲\uff09\uff0c乙。"', '"\\uff08甲\\uff09\\uff0c乙\\u3002"'),
    "Latin in NFC": ('"é ü ñ"', '"\\u00e9 \\u00FC \\u00f1"'),
    "Hangul in NFC": ('"한국"', '"\\ud55c\\uad6d"'),
    "a mark that combines with nothing": ('"x\u0301"', '"x\\u0301"'),
    "a text that begins with a mark": ('"\u0301"', '"\\u0301"'),
    "a line feed before a mark": ('"\\n\u0301"', '"\\u000a\\u0301"'),
    "a rare Chinese letter": (f'"{RARE}"', '"\\ud842\\udfb7"'),
    "an emoji": ('"\U0001f600"', '"\\uD83D\\uDE00"'),
    "the last letter of all": ('"\U0010ffff"', '"\\udbff\\udfff"'),
    "a no-break space and a soft hyphen": ('"\u00a0\u00ad"', '"\\u00a0\\u00ad"'),
    "line and paragraph separators": ('"\u2028\u2029"', '"\\u2028\\u2029"'),
    "a zero-width joiner": ('"a\u200db"', '"a\\u200Db"'),
    "a letter of private use": ('"\ue000"', '"\\ue000"'),
    "a byte order mark inside a text": ('"a\ufeff"', '"a\\ufeff"'),
    "names in order": ('{"a":1,"b":2}', '{"b":2,"a":1}'),
    "capitals before small letters": ('{"B":1,"a":2}', '{"a":2,"B":1}'),
    "digits as text": ('{"1":1,"10":2,"9":3}', '{"9":3,"10":2,"1":1}'),
    "a name and the beginning of it": ('{"a":1,"aa":2}', '{"aa":2,"a":1}'),
    "Chinese names": ('{"丁":1,"甲":2}', '{"甲":2,"丁":1}'),
    "names by UTF-16 units, not by letters": (
        f'{{"{RARE}":2,"{WIDE}":1}}',
        f'{{"{WIDE}":1,"{RARE}":2}}',
    ),
    "names by UTF-16 units further inside": (
        f'[{{"a":{{"x{RARE}":2,"x{WIDE}":1}}}}]',
        f'[{{"a":{{"x{WIDE}":1,"x{RARE}":2}}}}]',
    ),
    "names that mean something to a script": (
        '{"__proto__":1,"constructor":2,"toString":3}',
        '{"toString":3,"constructor":2,"__proto__":1}',
    ),
    "names with quotes": ('{"\\"":1,"\\\\":2}', '{"\\\\":2,"\\"":1}'),
    "a nest of everything": (
        '{"a":[true,false,null,-1,{"b":[]}],"c":{"d":{}}}',
        '{ "c": {"d": {}}, "a": [true, false, null, -1, {"b": []}] }',
    ),
    "brackets in a text are no depth": (f'["{"[" * 99}"]', f'[ "{"[" * 99}" ]'),
    "64 lists deep": ("[" * 64 + "]" * 64, "[" * 64 + " " + "]" * 64),
    "63 deep and a number": ("[" * 63 + "7" + "]" * 63, "[" * 63 + " 7" + "]" * 63),
    "63 objects deep": ('{"a":' * 62 + "{}" + "}" * 62, '{"a": ' * 62 + "{}" + "}" * 62),
}

WRONG: dict[str, str] = {
    "nothing": "",
    "a space": " ",
    "a byte order mark": "\ufeff{}",
    "a space before": " 1",
    "a line feed after": "1\n",
    "two values": "1 2",
    "a comma too many": "[1,]",
    "an open list": "[1",
    "single quotes": "['a']",
    "a comment": "[1/**/]",
    "a name without quotes": "{a:1}",
    "a space after a comma": "[1, 2]",
    "a space after a colon": '{"a": 1}',
    "a space in an empty list": "[ ]",
    "a space in an empty object": "{ }",
    "a fraction": "1.5",
    "a fraction that is none": "[1.0]",
    "an exponent": "1e3",
    "a negative exponent": "1E-3",
    "a number beyond all floats": "[1e400]",
    "minus zero": "[-0]",
    "minus zero with a fraction": "[-0.0]",
    "a leading zero": "[01]",
    "a leading plus": "[+1]",
    "a number in hex": "[0x10]",
    "full-width digits": "[\uff11]",
    "one more than the largest": str(MOST + 1),
    "one less than the smallest": str(-MOST - 1),
    "a number of 18 digits": "[123456789012345678]",
    "a number of 5,000 digits": "[" + "9" * 5000 + "]",
    "NaN": "[NaN]",
    "Infinity": "[Infinity]",
    "minus Infinity": "[-Infinity]",
    "a name twice": '{"a":1,"a":2}',
    "a name twice with one value": '{"a":1,"a":1}',
    "a name twice further inside": '[{"a":{"b":1,"b":1}}]',
    "a name twice, once escaped": '{"a":1,"\\u0061":1}',
    "names out of order": '{"b":1,"a":2}',
    "names out of order further inside": '[[{"b":{},"a":2}]]',
    "small letters before capitals": '{"a":1,"B":2}',
    "digits as numbers": '{"9":3,"10":2}',
    "names by letters, not by UTF-16 units": f'{{"{WIDE}":1,"{RARE}":2}}',
    "an escaped letter": '["\\u0061"]',
    "an escaped Chinese letter": '["\\u4e2d"]',
    "an escaped slash": '["\\/"]',
    "a line feed as a number": '["\\u000a"]',
    "a line feed as it is": '["\n"]',
    "a tab as it is": '["\t"]',
    "a quote as a number": '["\\u0022"]',
    "a rare letter as two escapes": '["\\ud842\\udfb7"]',
    "half a letter escaped": '["\\ud800"]',
    "the other half escaped": '["\\udc00"]',
    "halves in the wrong order": '["\\udfb7\\ud842"]',
    "half a letter escaped in a name": '{"\\ud800":1}',
    "an unknown escape": '["\\x41"]',
    "a backspace": '["\\b"]',
    "a form feed": '["\\f"]',
    "a carriage return": '["\\r"]',
    "U+0000 escaped": '["\\u0000"]',
    "U+0000 as it is": '["\0"]',
    "U+001F": '["\x1f"]',
    "U+007F": '["\x7f"]',
    "U+0085": '["\x85"]',
    "U+009F in a name": '{"\x9f":1}',
    "a right-to-left override": '["\u202e"]',
    "an embedding": '["a\u202ab"]',
    "an isolate": '["\u2066"]',
    "the end of an isolate in a name": '{"\u2069":1}',
    "NFD": '["e\u0301"]',
    "NFD in a name": '{"e\u0301":1}',
    "Hangul in pieces": '["\u1112\u1161\u11ab"]',
    "a letter that NFC replaces": '["\uf9e4"]',
    "the Kelvin sign": '["\u212a"]',
    "marks in the wrong order": '["a\u0301\u0323"]',
    "65 lists deep": "[" * 65 + "]" * 65,
    "64 deep and a number": "[" * 64 + "7" + "]" * 64,
    "65 objects deep": '{"a":' * 64 + "{}" + "}" * 64,
    "too deep behind brackets in texts": '["]",' * 64 + '"["' + ',"["]' * 64,
    "5,000 lists deep": "[" * 5000 + "]" * 5000,
}

NOT_UTF8: dict[str, str] = {
    "a byte that begins nothing": "5b22ff225d",
    "an overlong slash": "5b22c0af225d",
    "half a letter in three bytes": "5b22eda080225d",
    "beyond U+10FFFF": "5b22f4908080225d",
    "a letter cut off": "5b22e4b8225d",
    "UTF-16": "fffe5b002200610022005d00",
}


def spellings() -> Iterator[Vector]:
    for name, (text, loose) in RIGHT.items():
        given = {"text": text, "loose": loose}
        yield {"name": name, "kind": "canonical", "input": given, "valid": True}
    wrong = {name: {"text": text} for name, text in WRONG.items()}
    wrong |= {name: {"hex": shown} for name, shown in NOT_UTF8.items()}
    for name, told in wrong.items():
        yield {
            "name": name,
            "kind": "canonical",
            "input": told,
            "valid": False,
            "finding": "E_BODY",
        }
