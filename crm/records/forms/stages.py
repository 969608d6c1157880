"""Choosing a stage among those of all pipelines."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django import forms
from django.forms.models import ModelChoiceIterator
from django.utils.translation import gettext_lazy as _

from crm.records.models import Stage


class GroupedStages(ModelChoiceIterator):  # type: ignore[type-arg]
    """The stages under the names of their pipelines; where there is but one pipeline, without."""

    def __iter__(self) -> Iterator[Any]:
        grouped = [(pipeline.name, list(stages)) for pipeline, stages in groupby(self.queryset, lambda stage: stage.pipeline)]
        if len(grouped) == 1:
            yield from map(self.choice, grouped[0][1])
        else:
            yield from ((name, [self.choice(stage) for stage in stages]) for name, stages in grouped)


class StageField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A stage of any pipeline, or of any but one."""

    iterator = GroupedStages

    def __init__(self, **options: Any) -> None:
        stages = Stage.objects.select_related("pipeline").order_by("pipeline__position", "pipeline", "position", "pk")
        super().__init__(stages, **{"label": _("Stage"), "empty_label": None, **options})

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)
