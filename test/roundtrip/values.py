"""Random values of every type, as texts that the type's input function reads. Extremes come often."""

import string
import uuid
from decimal import Decimal

import literal

PIECES = [
    *string.ascii_letters, *string.digits, " ", "  ", "'", "''", '"', "\\", "\\\\", "\\n", "\\u0041", "$", "$$", "%", "%s", "{",
    "}", "[", "]", "(", ")", ",", ";", ":", "/", "<", ">", "&", "NULL", "null", "\n", "\r", "\r\n", "\t", "\b", "\f", "\v",
    "\x01", "\x1b", "\x1f", "\x7f", "\x80", "\x85", "\x9f", "é", "ß", "ﬁ", "日本", "עברית", "\u0301", "\u200b", "\u200f",
    "\u2028", "\u2029", "\ufeff", "\ufffd", "\ufffe", "\uffff", "\uef80", "\ue000", "😀", "👩‍👩‍👧", "𝒳", "\U0010ffff",
    "</script>", "\\u0000", "\\x00",
]
RANGES = {"int4range": "int4", "int8range": "int8", "numrange": "numeric", "tsrange": "timestamp", "tstzrange": "timestamptz",
          "daterange": "date"}
ISN = {"ean13": ("978-0-393-04002-9", "4006381333931"), "isbn13": ("978-0-393-04002-9",), "isbn": ("0-393-04002-X",),
       "issn": ("1436-4522",), "ismn": ("979-0-060-11561-5",), "upc": ("220356483481",)}
OBJECTS = {
    "regproc": ("now", "pg_catalog.int4in", "-"),
    "regprocedure": ("pg_catalog.abs(integer)", "sum(int4)"),
    "regoper": ("||/", "|/"),
    "regoperator": ("+(integer,integer)", "-(NONE,integer)"),
    "regclass": ("pg_class", "information_schema.columns", "4000000000", "-"),
    "regtype": ("int4", "character varying", "timestamptz", "0"),
    "regconfig": ("english", "simple"),
    "regdictionary": ("simple", "english_stem"),
    "regnamespace": ("pg_catalog", "information_schema"),
    "regrole": ("postgres", "pg_monitor"),
    "regcollation": ('"C"', '"POSIX"'),
}
FIXED_CHOICES = {
    "tsvector": ("", "'a' 'b':1A,2B", "'it''s':3 'x\\\\y'", "a fat cat sat on a mat", "'  spaces  ' 'Ünï'",
                 "'\"quoted\"':16383"),
    "tsquery": ("", "'fat' & ('rat' | !'cat')", "fat:ab & cat:*", "'it''s' <-> 'a' <3> 'b'", "!!'x\\\\y'"),
    "jsonpath": ("$", '$."a b".c[*] ? (@ > 10 && @.x like_regex "^a\\\\d" flag "i")',
                 "strict $[1 to last]", '"\\u00e9 \\""', "1e400"),
    "pg_snapshot": ("10:20:10,14,15", "1:1:", "9223372036854775806:9223372036854775807:"),
    "txid_snapshot": ("10:20:10,14,15", "1:1:"),
    "aclitem": ("postgres=arwdDxt/postgres", "=r/postgres", "pg_monitor=r*/postgres"),
    "inet": ("192.168.2.0/12", "0.0.0.0/0", "255.255.255.255", "::1", "::/0", "2001:db8::ff00:42:8329/64", "::ffff:1.2.3.4"),
    "cidr": ("192.168.100.128/25", "0.0.0.0/0", "10.1.2.3", "2001:4f8:3:ba::/64", "::/0"),
    "lquery": ("*", "Top.*{1,2}.!a|b@*%", "a.b"),
    "ltxtquery": ("Europe & Russia*@ & !Transportation", "a | b%"),
    "xml": ("", "text", '<a b="c">&amp;&lt;é😀</a>', "<a/><b/>text", '<?xml version="1.0"?><a/>',
            "<!-- c --><a><![CDATA[<x>]]></a>", "<?pi it's?><a>&#10;&#x9;'\"</a>",
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<r>\n  <x/>\n</r>'),
    "json": ("null", '{"a":1,"a":2}', '  {"b" : [1.0, 1e400, -0, 1E-5]\n}', '"\\u0000 \\ud83d\\ude00"', "[]", "{}", "1.10", '"\\t"',
             '{"":{"":null}}', "true", "123456789012345678901234567890.123456789012345678901234567890"),
    "jsonb": ("null", '{"a":1,"b":{"c":[null,true,false,"x"]}}', "[[],[[]],{}]", "1.10", "-0", "1e30", '""', "true", '"__x"',
              '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00"', "[1.0,1.00,12345678901234567890.000000000000000000001]",
              '{"":"","\\n":1,"é":2,"\\"":3}', "1e-300", "-123456789012345678901234567890"),
    "int2vector": ("", "1 2 3", "-32768 32767"),
    "oidvector": ("", "1 4294967295"),
}

CODECS = {"UTF8": "utf-8", "SQL_ASCII": "utf-8", "LATIN1": "latin-1", "EUC_JP": "euc_jp"}  # SQL_ASCII takes bytes as they come


class Values:
    """Draws values. `labels` are those of the enums by type name: it is read at each draw."""

    def __init__(self, rng, labels, version, encoding="UTF8"):
        self.rng = rng
        self.encoding = encoding
        self.codec = CODECS[encoding]
        self.labels = labels
        self.version = version

    def literal(self, type, big=False):
        """A text, never None. `big`: thousands of bytes where the type has room for them."""
        return self.encodable(self._literal(type, big))

    def short_name(self, text, length=63):
        """To so many bytes, as names are cut."""
        return self.encodable(text).encode(self.codec)[:length].decode(self.codec, "ignore")

    def encodable(self, text):
        """Characters that the database cannot hold become question marks."""
        return text if self.codec == "utf-8" else text.encode(self.codec, "replace").decode(self.codec)

    def _literal(self, type, big):
        if type.family == "domain":
            return self.literal(type.base, big)
        if type.family == "array":
            return self._array(type, big)
        if type.family == "enum":
            return self.rng.choice(self.labels[type.sql])
        if type.family == "composite":
            return literal.composite([self.maybe_null(part, 0.2, big) for part in type.parts])
        if type.family == "range":
            return self._range(type.parts[0])
        if type.family == "multirange":
            return self._multirange(type.parts[0])
        if type.family in OBJECTS:
            return self.rng.choice(OBJECTS[type.family])
        if type.family in ISN:
            return self.rng.choice(ISN[type.family])
        draw = getattr(self, "_" + type.family.strip('"'), None)
        if draw:
            return draw(type, big)
        return self.rng.choice(FIXED_CHOICES[type.family])

    def maybe_null(self, type, chance=0.1, big=False):
        return None if self.rng.random() < chance else self.literal(type, big)

    def text(self, length, pieces=PIECES):
        drawn = ""
        while len(drawn) < length:
            drawn += self.rng.choice(pieces)
        return drawn[:length]

    def long_text(self):
        """Compressible or not: both are stored in ways of their own."""
        length = self.rng.choice((2100, 3000, 9000, 20000))
        if self.rng.random() < 0.3:
            return self.text(50) * (length // 50)
        return self.text(20) + "".join(self.rng.choices(string.printable[:94] + "\né", k=length))

    # ---- numbers ----

    def _integer(self, bits):
        low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
        return str(self.rng.choice((0, 1, -1, low, high, self.rng.randint(low, high), self.rng.randint(-1000, 1000))))

    def _int2(self, type, big):
        return self._integer(16)

    def _int4(self, type, big):
        return self._integer(32)

    def _int8(self, type, big):
        return self._integer(64)

    def _unsigned(self, bits):
        return str(self.rng.choice((0, 1, (1 << bits) - 1, 1 << (bits - 1), self.rng.getrandbits(bits))))

    def _oid(self, type, big):
        return self._unsigned(32)

    _xid = _cid = _oid

    def _xid8(self, type, big):
        return self._unsigned(64)

    def _float4(self, type, big):
        rng = self.rng
        return rng.choice(("0", "-0", "NaN", "Infinity", "-Infinity", "1e21", "1e7", "9999999", "0.001", "0.00099", "3.3",
                           "16777216", "3.4028235e38", "-1.1754944e-38", "1e-45", f"{rng.uniform(-1e6, 1e6):.3f}",
                           f"{rng.uniform(1, 10):.8f}e{rng.randint(-37, 37)}"))

    def _float8(self, type, big):
        rng = self.rng
        return rng.choice(
            ("0", "-0", "NaN", "Infinity", "-Infinity", "1e21", "1e7", "9999999.999", "0.001", "0.00099", "0.1",
             "1.7976931348623157e308", "5e-324", "-2.2250738585072014e-308", "9007199254740993", "123456789012345680",
             repr(rng.uniform(-1e6, 1e6)), f"{rng.uniform(1, 10):.17f}e{rng.randint(-307, 307)}"))

    def _digits(self, count):
        return "".join(self.rng.choices(string.digits, k=count))

    def _numeric(self, type, big):
        rng = self.rng
        if type.modifier:
            return self._fixed_numeric(*type.modifier)
        special = ["NaN", "Infinity", "-Infinity"] if self.version >= 14 else ["NaN"]
        if big:
            return self._digits(rng.choice((5000, 9000))) + "." + self._digits(2000)
        return rng.choice((*special, "0", "0.000", "1.10", "100", "1e20", "-1e-20", "127",
                           "128", "-128", "-129", "32768", "0." + "0" * 60 + "1", "1" + "0" * 60, "9007199254740993",
                           self._digits(30) + "." + self._digits(10), "-0." + self._digits(25), "-" + self._digits(9) + ".500"))

    def _fixed_numeric(self, precision, scale):
        rng = self.rng
        top = 10**precision - 1
        unscaled = rng.choice((0, 1, -1, top, -top, rng.randint(-top, top), rng.randint(-min(top, 300), min(top, 300))))
        if rng.random() < 0.08:
            return "NaN"
        return format(Decimal((unscaled < 0, tuple(map(int, str(abs(unscaled)))), -scale)), "f")

    def _money(self, type, big):
        cents = self.rng.choice((0, -1, 1, 123411, -123411, -(1 << 63), (1 << 63) - 1, self.rng.randint(-(1 << 62), 1 << 62)))
        return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"

    def _bool(self, type, big):
        return self.rng.choice(("t", "f"))

    # ---- text and bytes ----

    def _text(self, type, big):
        if big:
            return self.long_text()
        return self.text(self.rng.choice((0, 1, 3, 10, 30, 80)))

    _citext = _text

    def _varchar(self, type, big):
        if not type.modifier:
            return self._text(type, big)
        return self._cut(self.text(self.rng.randint(0, type.modifier[0])), type.modifier[0])

    def _cut(self, text, length):
        """To so many characters; in SQL_ASCII a byte is one."""
        return text.encode()[:length].decode(errors="ignore") if self.encoding == "SQL_ASCII" else text[:length]

    def _bpchar(self, type, big):
        return self._varchar(type, big)

    def _name(self, type, big):
        return self.text(self.rng.randint(0, 8))

    _refcursor = _name

    def _char(self, type, big):
        return self.rng.choice(("", " ", "x", '"', "\\", "'", "\n", "\x7f", "\x01", ","))

    def _bytea(self, type, big):
        length = self.rng.choice((2100, 5000, 15000)) if big else self.rng.choice((0, 1, 2, 3, 4, 16, 60))
        return "\\x" + self.rng.choice((self.rng.randbytes(length), bytes(length), b"\xff\xfb\xfe" * (length // 3))).hex()

    def _uuid(self, type, big):
        return str(uuid.UUID(int=self.rng.choice((0, (1 << 128) - 1, self.rng.getrandbits(128)))))

    def _json(self, type, big):
        if big:
            return '{"k" : ' + self._json_string(self.long_text()) + ', "n":[1, 2]}'
        return self.rng.choice((*FIXED_CHOICES["json"], self._json_string(self.text(10))))

    def _jsonb(self, type, big):
        if big:
            return '{"k" : ' + self._json_string(self.long_text()) + ', "n":[1, 2]}'
        if self.rng.random() < 0.3:
            return self._json_value(3)
        return self.rng.choice(FIXED_CHOICES["jsonb"])

    def _json_string(self, text):
        """Control characters as \\u escapes, now and then others, too."""
        return '"' + "".join(
            "\\" + one if one in '"\\' else
            f"\\u{ord(one):04x}" if one < " " or (one < "\uffff" and self.rng.random() < 0.05) else one
            for one in text) + '"'

    def _json_value(self, depth):
        kind = self.rng.randrange(6 if depth else 4)
        if kind < 2:
            return self._json_string(self.text(self.rng.randint(0, 8)))
        if kind == 2:
            return self.rng.choice(("null", "true", "false"))
        if kind == 3:
            return self._jsonb_number()
        count = self.rng.randint(0, 3)
        if kind == 4:
            return "[" + ", ".join(self._json_value(depth - 1) for _ in range(count)) + "]"
        return "{" + ",".join(f"{self._json_string(self.text(3))}:{self._json_value(depth - 1)}" for _ in range(count)) + "}"

    def _jsonb_number(self):
        return self.rng.choice(("0", "-1", "1.50", "1e5", "12345678901234567890123", "0." + "0" * 30 + "1", "-0.0"))

    def _xml(self, type, big):
        if big:
            return "<a>" + "".join(self.rng.choices(string.ascii_letters + "é ", k=4000)) + "</a>"
        return self.rng.choice(FIXED_CHOICES["xml"])

    def _tsvector(self, type, big):
        if big:
            return " ".join("".join(self.rng.choices(string.ascii_lowercase, k=12)) for _ in range(300))
        return self.rng.choice(FIXED_CHOICES["tsvector"])

    def _hstore(self, type, big):
        pairs = {self.text(self.rng.randint(0, 4)): self.rng.choice((None, self.text(5), "", "null", "NULL"))
                 for _ in range(self.rng.randint(0, 4))}
        if big:
            pairs["big"] = self.long_text()
        return literal.hstore(pairs)

    def _ltree(self, type, big):
        return ".".join("".join(self.rng.choices(string.ascii_letters + "_0123456789", k=3))
                        for _ in range(self.rng.randint(0, 4)))

    def _bits(self, length):
        return "".join(self.rng.choice(("01", "0", "1", "0001", "00000000", "11111111")) for _ in range(length))[:length]

    def _bit(self, type, big):
        return self._bits(type.modifier[0])

    def _varbit(self, type, big):
        longest = type.modifier[0] if type.modifier else self.rng.choice((0, 1, 7, 8, 9, 64, 65, 200))
        return self._bits(20000 if big and not type.modifier else self.rng.randint(0, longest))

    # ---- dates and times ----

    def _date(self, type, big):
        rng = self.rng
        return rng.choice(("infinity", "-infinity", "4713-01-01 BC", "4714-11-24 BC", "5874897-12-31", "0001-12-31 BC",
                           "0001-01-01", "1970-01-01", "1969-12-31", "2000-02-29", "10000-01-01", "9999-12-31", "1582-10-10",
                           f"{rng.randint(1, 3000):04}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"))

    def _clock(self, digits=6):
        rng = self.rng
        fraction = rng.choice(("", ".5", ".123", ".123456", ".000001", ".999999", f".{rng.randrange(10**6):06}"))
        return f"{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}{fraction}"

    def _time(self, type, big):
        return self.rng.choice(("24:00:00", "00:00:00", "23:59:59.999999", "23:59:59.999499", self._clock(), self._clock()))

    def _timetz(self, type, big):
        zone = self.rng.choice(("+00", "-00:30", "+05:45", "+15:59:59", "-15:59:59", "+02", "-08"))
        return self._time(type, big) + zone

    def _timestamp(self, type, big):
        rng = self.rng
        year = rng.choice((1, 4, 1582, 1677, 1899, 1969, 1970, 1999, 2016, 2024, 2262, 9999))
        day = f"{year:04}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        return rng.choice(
            ("infinity", "-infinity", "4714-11-24 00:00:00 BC", "4713-12-31 23:59:59.999999 BC", "0001-12-31 23:59:59.9 BC",
             "294246-12-31 23:59:59.999999", "294276-12-31 23:59:59", "294247-01-10 04:00:54.775807",
             "294247-01-10 04:00:54.775808", "1969-12-31 23:59:59.999999", "1970-01-01 00:00:00", "1969-12-31 23:59:59.000001",
             "2262-04-11 23:47:16.854775", "2262-04-11 23:47:16.854776", "1677-09-21 00:12:43.145225", "10000-01-01 00:00:00",
             "21016-11-04 13:51:30.123456", f"{day} {self._clock()}", f"{day} {self._clock()}", f"2019-07-09 {self._clock()}"))

    def _timestamptz(self, type, big):
        drawn = self._timestamp(type, big)
        if "infinity" in drawn or drawn.startswith(("4714", "294276")):
            return drawn
        zone = self.rng.choice(("+00", "+05:45", "-12", "+14"))
        return drawn.replace(" BC", zone + " BC") if " BC" in drawn else drawn + zone

    def _interval(self, type, big):
        rng = self.rng
        if self.version >= 17 and rng.random() < 0.1:
            return rng.choice(("infinity", "-infinity"))
        return rng.choice((
            "0", "1 year 2 mons 3 days 04:05:06.78", "-1 year 2 mons -3 days 04:05:06.000001", "178000000 years",
            "-178000000 years -11 mons", "2147483647 days", "-2147483648 days", "-00:00:00.000001", "2562047788:00:54.775807",
            "-2562047788:00:54.775807", "1 mon -1 day", "292000 years", "-1 mon",
            f"{rng.randint(-20, 20)} mons {rng.randint(-40, 40)} days {rng.randint(-90, 90)}:{self._clock()[3:]}"
        ))

    # ---- geometry ----

    def _coordinate(self):
        rng = self.rng
        return rng.choice(("0", "-0", "1", "1.5", "-2", "1e21", "1e-300", "0.1", "Infinity", "NaN", repr(rng.uniform(-180,
                                                                                                                     180))))

    def _plain(self):
        return self.rng.choice(("0", "1", "1.5", "-2", "0.1", "1e10", repr(self.rng.uniform(-180, 180))))

    def _point(self, type, big):
        return f"({self._coordinate()},{self._coordinate()})"

    def _points(self, least, big=False):
        count = 200 if big else self.rng.randint(least, 4)
        return ",".join(f"({self._plain()},{self._plain()})" for _ in range(count))

    def _lseg(self, type, big):
        return f"[({self._plain()},{self._plain()}),({self._plain()},{self._plain()})]"

    def _box(self, type, big):
        return f"({self._plain()},{self._plain()}),({self._plain()},{self._plain()})"

    def _path(self, type, big):
        return self.rng.choice(("[{}]", "({})")).format(self._points(1, big))

    def _polygon(self, type, big):
        return f"({self._points(1, big)})"

    def _circle(self, type, big):
        return f"<({self._plain()},{self._plain()}),{self.rng.choice(('0', '1', '2.5', '1e10'))}>"

    def _line(self, type, big):
        return f"{{{self.rng.choice(('1', '-1', '0.5'))},{self._plain()},{self._plain()}}}"

    # ---- others ----

    def _macaddr(self, type, big):
        return self.rng.randbytes(6).hex(":")

    def _macaddr8(self, type, big):
        return self.rng.randbytes(8).hex(":")

    def _pg_lsn(self, type, big):
        return f"{self.rng.getrandbits(32):X}/{self.rng.getrandbits(32):X}"

    def _tid(self, type, big):
        return f"({self._unsigned(32)},{self._unsigned(16)})"

    # ---- containers ----

    def _array(self, type, big):
        rng = self.rng
        delimiter = type.delimiter
        # Arrays of arrays, by a domain: how far the outer one reaches cannot be seen.
        dimensions = 1 if type.element.carried.family == "array" else rng.choice((1, 1, 1, 1, 1, 2, 3))
        if rng.random() < 0.12:
            return "{}"
        if big:
            items = [self.maybe_null(type.element, 0.05, index < 2) for index in range(60)]
            return literal.array(items, delimiter)
        sizes = [rng.randint(1, 3) for _ in range(dimensions)]
        body = literal.array(self._cells(type.element, sizes), delimiter)
        if rng.random() < 0.12:
            return "".join(f"[{low}:{low + size - 1}]"
                           for size, low in ((size, rng.choice((-1, 0, 2, 1))) for size in sizes)) + "=" + body
        return body

    def _cells(self, element, sizes):
        if len(sizes) == 1:
            return [self.maybe_null(element, 0.15) for _ in range(sizes[0])]
        return [self._cells(element, sizes[1:]) for _ in range(sizes[0])]

    def _range(self, subtype):
        return self.rng.choice(("empty", self._bounds(subtype, 0, 2), self._bounds(subtype, 0, 2), self._bounds(subtype, 0, 2)))

    def _bounds(self, subtype, part, parts):
        """Within the part-th of `parts` slices of the type's ordered samples, so that the bounds are in order."""
        samples = ORDERED[subtype.carried.family]
        share = len(samples) // max(1, parts // 2)
        low, high = sorted(self.rng.sample(range(part * share, (part + 1) * share), 2))
        first = "" if self.rng.random() < 0.15 and part == 0 else literal.inner(samples[low])
        last = "" if self.rng.random() < 0.15 and parts == 2 else literal.inner(samples[high])
        return f"{self.rng.choice('[(')}{first},{last}{self.rng.choice('])')}"

    def _multirange(self, subtype):
        if self.rng.random() < 0.2:
            return "{}"
        return "{" + ",".join(self._bounds(subtype, part, 4) for part in range(2)) + "}"


# For ranges: values in ascending order.
ORDERED = {
    "int4": ["-2147483648", "-5", "0", "7", "1000", "2147483646"],
    "int8": ["-9223372036854775808", "-5", "0", "7", "1000", "9223372036854775806"],
    "numeric": ["-1e20", "-1.50", "0", "0.000001", "5.3", "123456789012345678901234567890.5"],
    "date": ["-infinity", "0044-03-15 BC", "1970-01-01", "2024-02-29", "10000-01-01", "5874897-12-30"],
    "timestamp": ["-infinity", "0044-03-15 00:00:00 BC", "1970-01-01 00:00:00", "2019-03-31 15:30:00.123", "10000-01-01 00:00:00",
                  "infinity"],
    "timestamptz": ["-infinity", "0044-03-15 00:00:00+00 BC", "1970-01-01 00:00:00+01", "2019-03-31 15:30:00.123+05:45",
                    "10000-01-01 00:00:00+00", "infinity"],
    "float8": ["-Infinity", "-1e300", "-0.1", "0", "1e21", "1.7976931348623157e308"],
    "text": ["", " ", '"', "a,b", "z(\\)", "é"],
    "inet": ["1.2.3.4", "10.0.0.0/8", "192.168.2.0/24", "255.255.255.255", "::1", "ffff::"],
    "time": ["00:00:00", "00:00:00.5", "12:00:00", "13:14:15.123456", "23:59:59.999999", "24:00:00"],
}
