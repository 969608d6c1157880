"""What cells call by name: colleagues, stages, tags, choices. Looked up once for a whole file; what is unknown is noted and made later."""

import re
from collections.abc import Iterable
from typing import Any, Final

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.records.fields.book import Field
from crm.records.handing_over import possible_owners
from crm.records.models import CustomChoice, Stage, Tag
from crm.records.pipeline import default_pipeline

ADDRESS = re.compile(r"[^\s<>()@]+@[^\s<>()]+")
LONGEST: Final = 500  # characters of a name with an address


def folded(name: str) -> str:
    """What two names are compared by."""
    return " ".join(name.casefold().split())


class Directory:
    """Names as one importing user knows them."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.may_create = user.may(Permission.MANAGE_FIELDS)  # new choices of custom fields
        self._users = _users()
        self._given = set(possible_owners(user, None).values_list("pk", flat=True))
        self._stages: dict[tuple[str, str], Stage] = {}
        self._pipelines: dict[str, Stage] = {}
        self._first: Stage | None = None
        self._tags = {folded(tag.name): tag for tag in Tag.objects.all()}
        self._choices: dict[tuple[int, str], CustomChoice] = {}
        for choice in CustomChoice.objects.all():
            self._choices[choice.field_id, folded(choice.name)] = choice
        self.new_tags: dict[str, str] = {}
        self.new_choices: dict[tuple[int, str], tuple[Field, str]] = {}

    def colleague(self, text: str) -> User | None:
        """By name, by address, or by both as in “Sam Sales (sam@crm.test)”."""
        address = ADDRESS.search(text[:LONGEST])
        return self._users.get(folded(text)) or (self._users.get(address[0].casefold()) if address else None)

    def may_be_given(self, colleague: User) -> bool:
        """Whether records may be handed to them, as in a record's form."""
        return colleague.pk in self._given

    def stage(self, name: str, pipeline: str = "") -> Stage | None:
        """By its name, in the pipeline of that name if there is one."""
        self._load_stages()
        return self._stages.get((folded(pipeline), folded(name))) or self._stages.get(("", folded(name)))

    def first_stage(self, pipeline: str = "") -> Stage:
        """Where deals begin that say nothing of a stage that is known."""
        self._load_stages()
        if self._first is None:
            self._first = default_pipeline().stages.select_related("pipeline").all()[0]
        return self._pipelines.get(folded(pipeline), self._first)

    def _load_stages(self) -> None:
        if self._stages:
            return
        for stage in Stage.objects.select_related("pipeline").order_by("-pipeline__position", "-pipeline", "-position"):
            self._stages[folded(stage.pipeline.name), folded(stage.name)] = self._stages["", folded(stage.name)] = stage
            self._pipelines[folded(stage.pipeline.name)] = stage

    def note_tags(self, names: Iterable[str]) -> None:
        """Have the unknown ones made: as on a form, everybody may."""
        for name in names:
            if folded(name) not in self._tags:
                self.new_tags.setdefault(folded(name), name)

    def choice(self, field: Field, name: str) -> bool:
        """Whether a choice of this name can be kept."""
        assert field.custom is not None
        key = (field.custom.pk, folded(name))
        if key in self._choices:
            return True
        if self.may_create:
            self.new_choices.setdefault(key, (field, name[:100]))
        return self.may_create

    def make_new(self) -> None:
        """Save the tags and choices that were noted since."""
        for key, name in self.new_tags.items():
            if key not in self._tags:
                self._tags[key] = Tag.objects.create(name=name)
        for (field_pk, key), (_field, name) in self.new_choices.items():
            if (field_pk, key) not in self._choices:
                self._choices[field_pk, key] = CustomChoice.objects.create(field_id=field_pk, name=name, position=1000)

    def saved(self, field: Field, value: Any) -> Any:
        """Names as the rows that they name; to be asked after `make_new`."""
        if field.key == "tags":
            return [self._tags[key] for key in dict.fromkeys(folded(name) for name in value)]
        if field.custom is None or field.custom.pk is None:
            return value
        if field.kind == "choices":
            return [self._choices[field.custom.pk, folded(name)] for name in value]
        return self._choices[field.custom.pk, folded(value)] if field.kind == "choice" and value else value


def _users() -> dict[str, User]:
    found: dict[str, User] = {}
    for user in User.objects.filter(is_active=True).order_by("-pk"):
        found[folded(user.name)] = user
        found[user.email.casefold()] = user
    found.pop("", None)
    return found
