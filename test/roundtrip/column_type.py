"""The types of columns: what the workload declares and what the readers of events take apart."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Type:
    """`family` is the name of a built-in type, or array, enum, composite, range, multirange, domain."""
    sql: str  # as in CREATE TABLE
    family: str
    modifier: tuple = ()  # numeric: precision and scale; bit strings: length; times: digits of the fraction
    element: "Type" = None  # of an array
    base: "Type" = None  # of a domain
    parts: tuple = ()  # composite: the types of its fields; range and multirange: the type of its bounds

    @property
    def carried(self):
        """The type that decides how a value looks: a domain's values are those of its base."""
        return self.base.carried if self.family == "domain" else self

    @property
    def delimiter(self):
        """What stands between the elements of an array: a semicolon for boxes, also where a domain is between."""
        inner = self.carried
        while inner.family == "array":
            inner = inner.element.carried
        return ";" if inner.family == "box" else ","

    def mentions(self, other):
        """Whether values of this type hold values of the other."""
        inner = (self.element, self.base, *self.parts)
        return self == other or any(one.mentions(other) for one in inner if one)


def array_of(element):
    return Type(element.sql + "[]", "array", element=element)


# Families whose values have one length, or are never stored out of line.
IN_LINE = {
    "bool", "int2", "int4", "int8", "oid", "float4", "float8", "money", '"char"', "name", "date", "time", "timetz", "timestamp",
    "timestamptz", "interval", "uuid", "macaddr", "macaddr8", "point", "lseg", "box", "line", "circle", "pg_lsn", "tid", "xid",
    "xid8", "cid", "aclitem", "enum", "regproc", "regprocedure", "regoper", "regoperator", "int2vector", "oidvector", "tsquery",
    "ean13", "isbn13", "isbn", "issn", "ismn", "upc", "regclass", "regtype", "regconfig", "regdictionary", "regnamespace",
    "regrole", "regcollation"
}


def can_be_out_of_line(type):
    return type.carried.family not in IN_LINE
