"""A random database: types, tables of every shape, and what is known of them while they change."""

from dataclasses import dataclass, field, replace

import literal
import projections
from column_type import Type, array_of, can_be_out_of_line
from values import ISN, OBJECTS, RANGES

IDENTIFIERS = ("a", "b", "c", "id", "Value", "select", "order", "two words", 'qu"ote', "it's", "dot.ted", "über", "日本", "😀",
               "%s", "$1", "back\\slash", "new\nline", "tab\t", "__proto__", "before", "after", "{key}", "*", "?", "#", "-",
               "1", "x" * 63, "é" * 31, "null", "\x01", "</b>", "a=b")
LABELS = ["sad", "ok", 'it\'s "fine"', "a,b", "", " ", "NULL", "x" * 60, "é😀", "\\", "\n", "{}"]
SIMPLE = [
    "int2", "int4", "int8", "oid", "float4", "float8", "money", "bool", "text", "bytea", '"char"', "name", "uuid", "json",
    "jsonb", "jsonpath", "xml", "date", "inet", "cidr", "macaddr", "macaddr8", "point", "lseg", "box", "path", "polygon",
    "line", "circle", "tsvector", "tsquery", "pg_lsn", "tid", "xid", "cid", "xid8", "pg_snapshot", "txid_snapshot", "aclitem",
    "refcursor", "int2vector", "oidvector", *OBJECTS
]
COMMON = [
    "int4", "int8", "text", "bool", "numeric", "timestamp", "timestamptz", "date", "time", "timetz", "interval", "jsonb",
    "bytea", "uuid", "float8", "bpchar", "varchar", "bit", "varbit", "numeric", "timestamp"
]
KEYS = [
    "int2", "int4", "int8", "oid", "text", "varchar", "bpchar", "name", "uuid", "numeric", "date", "timestamp", "timestamptz",
    "time", "bytea", "inet", "macaddr", "bool", '"char"', "float8", "pg_lsn", "interval", "money", "varbit", "timetz", "jsonb",
    "xid8", "tsvector"
]
EXTENSIONS = {"hstore": ("hstore",), "citext": ("citext",), "ltree": ("ltree", "lquery", "ltxtquery"), "isn": tuple(ISN)}
SCHEMAS = ("public", "Other schema")
HASHABLE = {"int2", "int4", "int8", "text", "varchar", "uuid", "date", "timestamptz", "numeric"}


@dataclass
class Column:
    name: str
    type: Type
    not_null: bool = False
    default: str = None  # a literal
    generated: str = ""  # the expression's SQL
    automatic: bool = False  # filled by a sequence
    always: bool = False  # … and by nothing else
    declared: str = ""  # in place of the type's name
    small: bool = False  # stored in line whatever its size, and never large

    @property
    def writable(self):
        return not self.generated and not self.always


@dataclass
class Table:
    """`key`: the columns of the primary key. `identity`: full, default, or index, whose columns are `index`."""
    schema: str
    name: str
    columns: list
    key: list = field(default_factory=list)
    identity: str = "default"
    index: list = field(default_factory=list)
    kind: str = "plain"  # plain; root, middle or leaf of partitions; parent or child by inheritance
    parent: tuple = None

    @property
    def id(self):
        return self.schema, self.name

    @property
    def sql(self):
        return f"{literal.name(self.schema)}.{literal.name(self.name)}"

    @property
    def logged_key(self):
        """The columns of the old row that are in the log; none: the row cannot be told apart by an update."""
        return {"full": [column.name for column in self.columns], "default": self.key, "index": self.index}[self.identity]

    def column(self, name):
        return next(column for column in self.columns if column.name == name)

    def types(self):
        return {column.name: column.type for column in self.columns}

    def copy(self):
        return replace(self, columns=[replace(column) for column in self.columns], key=list(self.key), index=list(self.index))


class World:
    """Tables and types of one writing session. `snapshot()` and `restore()` follow transactions and savepoints."""

    def __init__(self, rng, options, values, labels, prefix, extensions, reader):
        self.rng = rng
        self.options = options
        self.values = values
        self.labels = labels
        self.prefix = prefix
        self.extra = [type for extension in extensions for type in EXTENSIONS[extension]]
        self.reader = reader
        self.tables = {}
        self.enums, self.domains, self.composites, self.ranges = [], [], [], []
        self.serial = 0

    def snapshot(self):
        tables = {id: table.copy() for id, table in self.tables.items()}
        return tables, {name: list(labels) for name, labels in self.labels.items()}

    def restore(self, snapshot):
        tables, labels = snapshot
        self.tables = {id: table.copy() for id, table in tables.items()}
        for name in self.enums:
            self.labels[name.sql] = list(labels[name.sql])

    def number(self):
        self.serial += 1
        return self.serial

    def identifier(self, taken):
        """A name that is not taken, often an odd one."""
        rng = self.rng
        drawn = self.values.short_name(rng.choice(IDENTIFIERS) if rng.random() < 0.5 else f"c{rng.randrange(100)}")
        while drawn in taken:
            drawn = f"c{self.number()}"
        return drawn

    def table_identifier(self):
        drawn = self.identifier(())
        return self.values.short_name(f"{self.prefix}{self.number()} {drawn}", 60)

    # ---- types ----

    def make_types(self):
        """SQL that creates them."""
        statements = []
        for make in (self._make_enum, self._make_enum, self._make_domain, self._make_composite, self._make_range,
                     self._make_domain, self._make_domain):
            statements.append(make())
        return statements

    def _type_name(self, kind):
        name = f"{self.prefix}{kind}{self.number()} {self.identifier(())[:12]}"
        return f"{literal.name(self.rng.choice(SCHEMAS))}.{literal.name(name)}"

    def _make_enum(self):
        name = self._type_name("enum")
        labels = list(map(self.values.encodable, self.rng.sample(LABELS, self.rng.randint(1, 5))))
        self.labels[name] = labels
        self.enums.append(Type(name, "enum"))
        return f"create type {name} as enum ({', '.join(map(literal.string, labels))})"

    def _make_domain(self):
        name = self._type_name("domain")
        base = self.any_type(self.rng.choice(("scalar", "scalar", "array", "enum", "domain", "composite")))
        self.domains.append(Type(name, "domain", base=base))
        return f"create domain {name} as {base.sql}"

    def _make_composite(self):
        name = self._type_name("row")
        parts = [
            self.any_type(self.rng.choice(("scalar", "array", "domain", "composite")), plain=True)
            for _ in range(self.rng.randint(1, 4))
        ]
        self.composites.append(Type(name, "composite", parts=tuple(parts)))
        fields = ", ".join(f"{literal.name(f'f{index}')} {part.sql}" for index, part in enumerate(parts))
        return f"create type {name} as ({fields})"

    def _make_range(self):
        name, several = self._type_name("range"), self._type_name("multirange")
        subtype = self.rng.choice((Type("float8", "float8"), Type("text", "text"), Type("inet", "inet"), Type("time", "time")))
        self.ranges.append(Type(name, "range", parts=(subtype,)))
        if self.values.version < 14:
            return f"create type {name} as range (subtype = {subtype.sql})"
        self.ranges.append(Type(several, "multirange", parts=(subtype,)))
        return f"create type {name} as range (subtype = {subtype.sql}, multirange_type_name = {several})"

    def any_type(self, kind=None, plain=False):
        """Of a kind, or any. `plain`: none that holds an enum."""
        rng = self.rng
        kind = kind or rng.choices(("scalar", "array", "enum", "domain", "composite", "range"), (56, 22, 5, 8, 5, 4))[0]
        if kind == "array":
            elements = rng.choices(("scalar", "enum", "domain", "composite", "range"), (70, 6, 8, 8, 8))[0]
            return array_of(self._scalar() if plain else self.any_type(elements))
        known = {"enum": self.enums, "domain": self.domains, "composite": self.composites}.get(kind, [])
        if kind == "range":
            known = self.ranges + self._built_in_ranges()
        known = [
            type for type in known
            if not (plain and self._holds_enum(type)) and not (kind == "domain" and type.carried.family == "array" and plain)
        ]
        return rng.choice(known) if known else self._scalar()

    def _holds_enum(self, type):
        return any(type.mentions(enum) for enum in self.enums)

    def _built_in_ranges(self):
        ranges = [Type(name, "range", parts=(Type(subtype, subtype),)) for name, subtype in RANGES.items()]
        if self.values.version >= 14:
            ranges += [Type(one.sql.replace("range", "multirange"), "multirange", parts=one.parts) for one in ranges]
        return ranges

    def _scalar(self):
        rng = self.rng
        family = rng.choice(COMMON) if rng.random() < 0.5 else rng.choice(SIMPLE + self.extra)
        return self._with_modifier(family)

    def _with_modifier(self, family):
        rng = self.rng
        if family == "numeric" and rng.random() < 0.6:
            forms = [(10, 2), (4, 0), (38, 10), (3, 3), (120, 60)] + ([(3, -2), (2, 5)] if self.values.version >= 15 else [])
            modifier = rng.choice(forms)
            return Type(f"numeric({modifier[0]},{modifier[1]})", family, modifier)
        if family in ("varchar", "bpchar"):
            length = rng.choice((1, 5, 20))
            return Type(family, family) if family == "varchar" and rng.random() < 0.4 else Type(
                f"{family}({length})", family, (length,))
        if family in ("bit", "varbit"):
            length = rng.choice((1, 1, 7, 8, 9, 16, 64, 65))
            return Type(family, family) if family == "varbit" and rng.random() < 0.4 else Type(
                f"{family}({length})", family, (length,))
        if family in ("time", "timetz", "timestamp", "timestamptz") and rng.random() < 0.6:
            digits = rng.randint(0, 6)
            zone = " with time zone" if family.endswith("tz") else ""
            return Type(f"{family.removesuffix('tz')}({digits}){zone}", family, (digits,))
        if family == "interval" and rng.random() < 0.4:
            return Type(rng.choice(("interval year to month", "interval(3)", "interval day to second(2)", "interval(0)")),
                        family)
        return Type(family, family)

    # ---- columns ----

    def make_column(self, taken, type=None):
        rng = self.rng
        column = Column(self.identifier(taken), type or self.any_type())
        self.keep_small(column)
        carried = column.type.carried
        shown_as_null = carried.family == "varbit" and carried.modifier == (1,)  # B'' is, in Debezium's format
        column.not_null = rng.random() < 0.15 and not shown_as_null
        if rng.random() < 0.2:
            column.default = self.values.literal(column.type)
        return column

    def keep_small(self, column):
        """Where nothing but null can stand for an unchanged value, there must be none."""
        column.small = (self.options.identity == "default" and can_be_out_of_line(column.type)
                        and not self.reader.placeholder_forms(column.type.carried))

    def may_be_key(self, type):
        carried = type.carried
        return projections.find(type, self.options) is None and carried.family in KEYS

    def _key_column(self, taken):
        """Of a type whose values come back exactly and that has an order."""
        rng = self.rng
        for _ in range(50):
            candidates = [domain for domain in self.domains if domain.base.family != "domain"] + self.enums
            drawn = rng.choice(candidates) if rng.random() < 0.1 else self._with_modifier(rng.choice(KEYS))
            if drawn.carried.family == "enum" or self.may_be_key(drawn):
                break
        else:
            drawn = Type("int8", "int8")
        return Column(self.identifier(taken), drawn, not_null=True)

    def definition(self, column):
        words = [literal.name(column.name), column.declared or column.type.sql]
        if column.generated:
            words.append(f"generated always as ({column.generated}) stored")
        elif column.default is not None:
            words.append("default " + literal.string(column.default))
        if column.not_null and not column.declared:
            words.append("not null")
        return " ".join(words)

    # ---- tables ----

    def make_table(self):
        """SQL statements that create a table with all its parts; it is known from now on."""
        kind = self.rng.choices(("plain", "partitioned", "inherited"), (70, 18, 12))[0]
        table = self._draw_table(kind)
        if kind == "partitioned":
            return self._create_partitioned(table)
        if kind == "inherited":
            return self._create_inherited(table)
        return self._create(table)

    def _draw_table(self, kind):
        rng = self.rng
        table = Table(rng.choice(SCHEMAS), self.table_identifier(), [])
        has_key = kind == "partitioned" or rng.random() < (0.9 if self.options.identity == "default" else 0.6)
        for _ in range(rng.choice((1, 1, 1, 2, 3)) if has_key else 0):
            column = self._key_column([column.name for column in table.columns])
            table.columns.append(column)
            table.key.append(column.name)
        if has_key and kind == "plain":
            self._maybe_automatic(table.columns[0])
        for _ in range(rng.choice((1, 2, 3, 5, 8, 11)) - (len(table.columns) > 1)):
            table.columns.append(self.make_column([column.name for column in table.columns]))
        self._maybe_generated(table, kind)
        rng.shuffle(table.columns)
        table.identity = "full" if self.options.identity == "full" else "default"
        return table

    def _maybe_automatic(self, column):
        kinds = [("smallserial", "int2"), ("serial", "int4"), ("bigserial", "int8"),
                 ("bigint generated by default as identity", "int8"), ("int generated always as identity", "int4")]
        if self.rng.random() < 0.4:
            column.declared, family = self.rng.choice(kinds)
            column.type, column.automatic = Type(family, family), True
            column.always = "always" in column.declared

    def _maybe_generated(self, table, kind):
        sources = [
            column for column in table.columns if column.type.family in ("int4", "text", "bool", "varchar", "uuid", "numeric")
        ]
        if kind == "plain" and sources and self.rng.random() < 0.3:
            source = literal.name(self.rng.choice(sources).name)
            taken = [column.name for column in table.columns]
            family = self.rng.choice(("text", "int4"))
            expression = f"md5({source}::text)" if family == "text" else f"length({source}::text)"
            table.columns.append(Column(self.identifier(taken), Type(family, family), generated=expression))

    def _create(self, table):
        self.tables[table.id] = table
        key = f", primary key ({', '.join(map(literal.name, table.key))})" if table.key else ""
        body = ", ".join(map(self.definition, table.columns))
        return [f"create table {table.sql} ({body}{key})", *self.storage(table, table.columns), *self.identity(table)]

    def storage(self, table, columns):
        """Out of line without compression, in line, or as the type wants."""
        statements = []
        for column in columns:
            if can_be_out_of_line(column.type) and (column.small or self.rng.random() < 0.4):
                kind = "plain" if column.small else self.rng.choice(("external", "external", "main", "extended"))
                statements.append(f"alter table {table.sql} alter {literal.name(column.name)} set storage {kind}")
        return statements

    def identity(self, table):
        if table.identity == "default":
            return []
        return [f"alter table {table.sql} replica identity {table.identity}"]

    def _create_partitioned(self, root):
        root.kind = "root"
        self.tables[root.id] = root
        body = ", ".join(map(self.definition, root.columns)) + f", primary key ({', '.join(map(literal.name, root.key))})"
        return [
            f"create table {root.sql} ({body}) {self._partition_by(root)}", *self.storage(root, root.columns),
            *self._create_partitions(root)
        ]

    def _is_hashed(self, root):
        return root.column(root.key[0]).type.carried.family in HASHABLE

    def _partition_by(self, root):
        return f"partition by {'hash' if self._is_hashed(root) else 'list'} ({literal.name(root.key[0])})"

    def _create_partitions(self, parent):
        hashed = self._is_hashed(parent)
        count = self.rng.randint(2, 3) if hashed else 1
        statements = []
        for place in range(count):
            leaf = replace(parent.copy(),
                           schema=self.rng.choice(SCHEMAS),
                           name=self.table_identifier(),
                           kind="leaf",
                           parent=parent.id)
            bound = f"for values with (modulus {count}, remainder {place})" if hashed else "default"
            statements += self._create_partition(parent, leaf, bound)
        return statements

    def _create_partition(self, root, leaf, bound):
        """Made as a partition, with partitions of its own at times, or made with another order of columns and attached."""
        self.tables[leaf.id] = leaf
        kind = self.rng.random()
        if kind < 0.15 and root.kind == "root":
            leaf.kind = "middle"
            return [
                f"create table {leaf.sql} partition of {root.sql} {bound} {self._partition_by(leaf)}",
                *self._create_partitions(leaf)
            ]
        if kind < 0.5:
            return [f"create table {leaf.sql} partition of {root.sql} {bound}", *self.identity(leaf)]
        self.rng.shuffle(leaf.columns)
        body = ", ".join(map(self.definition, leaf.columns))
        plain = [
            f"alter table {leaf.sql} alter {literal.name(column.name)} set storage plain" for column in leaf.columns
            if column.small
        ]
        return [
            f"create table {leaf.sql} ({body})", *plain, f"alter table {root.sql} attach partition {leaf.sql} {bound}",
            *self.identity(leaf)
        ]

    def _create_inherited(self, parent):
        parent.kind = "parent"
        statements = self._create(parent)
        for _ in range(self.rng.randint(1, 2)):
            own = [self.make_column([column.name for column in parent.columns], Type("text", "text"))]
            child = replace(parent.copy(), name=self.table_identifier(), kind="child", parent=parent.id)
            child.columns += own
            self.tables[child.id] = child
            key = f", primary key ({', '.join(map(literal.name, child.key))})" if child.key else ""
            statements += [
                f"create table {child.sql} ({self.definition(own[0])}{key}) inherits ({parent.sql})", *self.identity(child)
            ]
        return statements

    # ---- families of tables ----

    def family(self, table):
        """The table and what inherits from it, at any depth."""
        heirs = [one for one in self.tables.values() if one.parent == table.id]
        return [table] + [one for heir in heirs for one in self.family(heir)]
