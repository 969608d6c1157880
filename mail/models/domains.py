"""Looking for addresses by their domain, with an index on both databases."""

from django.db.models import CharField, EmailField, Transform


class Domain(Transform):
    """What stands behind the @ of an address, in small letters: `from_email__domain="acme.test"`.

    Without parameters in its SQL: SQLite uses an index on an expression only when the query says the very same.
    """

    lookup_name = "domain"
    output_field = CharField()
    template = "lower(substr(%(expressions)s, instr(%(expressions)s, '@') + 1))"

    def as_postgresql(self, compiler: object, connection: object, **extra: object) -> tuple[str, tuple[object, ...]]:
        template = "lower(substr(%(expressions)s, strpos(%(expressions)s, '@') + 1))"
        sql, params = self.as_sql(compiler, connection, template=template, **extra)  # type: ignore[arg-type]
        return sql, tuple(params)


EmailField.register_lookup(Domain)
