"""Texts that PostgreSQL reads: quoted names and strings, arrays, composites, hstore."""


def name(identifier):
    return '"' + identifier.replace('"', '""') + '"'


def string(text):
    """A value of unknown type; standard_conforming_strings is on."""
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def inner(text):
    """One element of an array, one field of a composite, one key of an hstore: always quoted."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def array(items, delimiter=","):
    """Nested lists of texts; None is NULL."""
    written = []
    for item in items:
        if item is None:
            written.append("NULL")
        elif isinstance(item, list):
            written.append(array(item, delimiter))
        else:
            written.append(inner(item))
    return "{" + delimiter.join(written) + "}"


def composite(fields):
    return "(" + ",".join("" if field is None else inner(field) for field in fields) + ")"


def hstore(pairs):
    return ", ".join(f"{inner(key)}=>{'NULL' if value is None else inner(value)}" for key, value in pairs.items())


def copy_line(fields):
    """One row in the text format of COPY."""
    escaped = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
    return "\t".join("\\N" if field is None else field.translate(escaped) for field in fields) + "\n"
