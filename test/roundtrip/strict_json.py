"""JSON by the letter: numbers stay exact decimals, a member that comes twice and what JSON does not know are errors."""

import json
import sys
from decimal import Decimal

sys.set_int_max_str_digits(0)


class BadJson(Exception):
    pass


def _members(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadJson("a member comes twice: " + ", ".join(name for name, _ in pairs))
    return members


def _integer(text):
    return Decimal(text) if text == "-0" else int(text)


def _constant(text):
    raise BadJson(f"{text} is no JSON")


_decoder = json.JSONDecoder(object_pairs_hook=_members,
                            parse_int=_integer,
                            parse_float=Decimal,
                            parse_constant=_constant,
                            strict=True)


def loads(text):
    """Objects as dict, numbers as int or Decimal."""
    try:
        value = _decoder.decode(text)
    except (ValueError, RecursionError) as error:
        raise BadJson(f"{error}: {text[:200]!r}") from None
    _refuse_surrogates(text)
    return value


def line(data):
    """The one value on a line of bytes."""
    if any(byte < 0x20 for byte in data):
        raise BadJson(f"a control character stands in the line: {data[:200]!r}")
    try:
        return loads(data.decode("utf-8", "strict"))
    except UnicodeDecodeError as error:
        raise BadJson(f"not UTF-8: {error}") from None


def _refuse_surrogates(text):
    # Half a pair, written as \ud83d alone, is no character.
    if "\\u" in text.lower() and not _is_text(_decoder.decode(text)):
        raise BadJson(f"half a surrogate pair: {text[:200]!r}")


def _is_text(value):
    if isinstance(value, str):
        return not any(0xD800 <= ord(one) < 0xE000 for one in value)
    if isinstance(value, dict):
        return all(_is_text(one) for pair in value.items() for one in pair)
    if isinstance(value, list):
        return all(_is_text(one) for one in value)
    return True


def _quoted(value):
    return json.dumps(value, ensure_ascii=False)


def dumps(value):
    """Back to text, numbers digit by digit."""
    if isinstance(value, dict):
        return "{" + ",".join(_quoted(name) + ":" + dumps(one) for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dumps, value)) + "]"
    return str(value) if type(value) in (int, Decimal) else _quoted(value)
