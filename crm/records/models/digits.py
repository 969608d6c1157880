"""Looking for telephone numbers by their digits, with an index on both databases."""

from django.db.models import CharField, Transform

BETWEEN = (" ", "-", "(", ")", "+", ".", "/", "\u00a0")  # what people write between digits


def _without(characters: tuple[str, ...]) -> str:
    sql = "%(expressions)s"
    for character in characters:
        sql = f"replace({sql}, '{character}', '')"
    return sql


class Digits(Transform):
    """A number without what is written between its digits: `phone__digits="49301234"`.

    Without parameters in its SQL: SQLite uses an index on an expression only when the query says the very same.
    """

    lookup_name = "digits"
    output_field = CharField()
    template = _without(BETWEEN)

    def as_postgresql(self, compiler: object, connection: object, **extra: object) -> tuple[str, tuple[object, ...]]:
        template = "regexp_replace(%(expressions)s, '[^0-9]', '', 'g')"
        sql, params = self.as_sql(compiler, connection, template=template, **extra)  # type: ignore[arg-type]
        return sql, tuple(params)


CharField.register_lookup(Digits)
