"""Forms of an import: the file, how it is read, what its columns are."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.exchange import targets
from crm.exchange.models import ImportJob
from crm.exchange.reading import MAX_BYTES, Format
from crm.records.models import CustomField

NEW: Final = "new:"  # in front of a kind of custom field: the column becomes one
NEW_KINDS: Final = ("text", "number", "money", "date", "choice", "choices")
ENCODINGS: Final = [
    ("utf-8", "UTF-8"),
    ("utf-8-sig", "UTF-8 (Excel)"),
    ("utf-16", "UTF-16"),
    ("utf-16-le", "UTF-16 LE"),
    ("utf-16-be", "UTF-16 BE"),
    ("cp1252", gettext_lazy("Western (Windows-1252)")),
    ("iso8859-15", gettext_lazy("Western (ISO-8859-15)")),
    ("cp1250", gettext_lazy("Central European (Windows-1250)")),
    ("iso8859-2", gettext_lazy("Central European (ISO-8859-2)")),
    ("cp1251", gettext_lazy("Cyrillic (Windows-1251)")),
    ("koi8_r", gettext_lazy("Cyrillic (KOI8-R)")),
    ("cp866", gettext_lazy("Cyrillic (DOS)")),
    ("cp1253", gettext_lazy("Greek (Windows-1253)")),
    ("cp1254", gettext_lazy("Turkish (Windows-1254)")),
    ("cp932", gettext_lazy("Japanese (Shift JIS)")),
    ("euc_jp", gettext_lazy("Japanese (EUC)")),
    ("gb18030", gettext_lazy("Chinese (GB 18030)")),
    ("big5", gettext_lazy("Chinese (Big5)")),
    ("euc_kr", gettext_lazy("Korean (EUC)")),
]
SEPARATORS: Final = [
    (",", gettext_lazy("Comma")),
    (";", gettext_lazy("Semicolon")),
    ("\t", gettext_lazy("Tab")),
    ("|", gettext_lazy("Bar")),
]
NEEDED: Final = {  # one of these has to be mapped, else there is nothing to call a record by
    "person": ("name", "first_name", "last_name", "emails"),
    "organisation": ("name",),
    "deal": ("title",),
    "lead": ("title", "person_name", "first_name", "last_name", "organisation_name", "email"),
}
MISSING: Final = {
    "person": gettext_lazy("No column holds a name or an email address. Choose the one that does, or choose another file."),
    "organisation": gettext_lazy("No column holds the organisation’s name. Choose the one that does, or choose another file."),
    "deal": gettext_lazy("No column holds the deal’s title. Choose the one that does, or choose another file."),
    "lead": gettext_lazy("No column holds a title or a name. Choose the one that does, or choose another file."),
}


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "form-select"})


class UploadForm(forms.Form):
    """Which file, and what it holds."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.vcf,text/csv,text/vcard,text/plain"}),
        error_messages={"required": gettext_lazy("Choose a file."), "empty": gettext_lazy("There is nothing in the file.")},
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("It holds"),
        choices=[("", gettext_lazy("What its headings tell")), *ImportJob.Kind.choices],
        required=False,
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than %(size)d MB. Split it.") % {"size": MAX_BYTES // 1024 // 1024})
        return file


class ReadingForm(forms.Form):
    """How the file is read, where the guess was wrong."""

    kind = forms.ChoiceField(label=gettext_lazy("It holds"), choices=ImportJob.Kind.choices)
    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"), choices=ENCODINGS)
    delimiter = forms.ChoiceField(label=gettext_lazy("Between the columns"), choices=SEPARATORS)
    has_head = forms.BooleanField(label=gettext_lazy("The first row holds headings"), required=False)

    def __init__(self, job: ImportJob, data: Any = None) -> None:
        initial = {name: getattr(job, name) for name in ("kind", "encoding", "delimiter", "has_head")}
        super().__init__(data, initial=initial)
        self.is_cards = job.is_cards
        if job.is_cards:
            del self.fields["delimiter"], self.fields["has_head"]
        for name in ("encoding", "delimiter"):  # what was found beyond the usual ones
            if name in self.fields and initial[name] not in dict(self.fields[name].choices):  # type: ignore[attr-defined]
                self.fields[name].choices = [*self.fields[name].choices, (initial[name], initial[name])]  # type: ignore[attr-defined]

    def format(self) -> Format:
        values = self.cleaned_data
        return Format(values["encoding"], values.get("delimiter", ","), values.get("has_head", True), self.is_cards)


class MappingForm(forms.Form):
    """What each column holds, and what shall become of those that are here already."""

    mode = forms.ChoiceField(
        label=gettext_lazy("Those that are here already"),
        choices=ImportJob.Mode.choices,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    key = forms.ChoiceField(label=gettext_lazy("They are known by"), required=False)
    fills_only = forms.TypedChoiceField(
        label=gettext_lazy("An update"),
        choices=[
            ("", gettext_lazy("overwrites; empty cells change nothing")),
            ("1", gettext_lazy("only fills what is empty")),
        ],
        coerce=bool,
        empty_value="",
        required=False,
    )
    leaves_bad = forms.TypedChoiceField(
        label=gettext_lazy("A value that cannot be kept"),
        choices=[
            ("", gettext_lazy("keeps its row out: you get the row back to correct it")),
            ("1", gettext_lazy("is left out, and the rest of its row is imported")),
        ],
        coerce=bool,
        empty_value="",
        required=False,
    )
    day_first = forms.TypedChoiceField(
        label=gettext_lazy("03/04/2026 is"),
        choices=[("1", gettext_lazy("3 April (day first)")), ("", gettext_lazy("4 March (month first)"))],
        coerce=bool,
        empty_value="",
        required=False,
    )
    decimal_comma = forms.TypedChoiceField(
        label=gettext_lazy("1,250 is"),
        choices=[("", gettext_lazy("one thousand two hundred and fifty")), ("1", gettext_lazy("one and a quarter"))],
        coerce=bool,
        empty_value="",
        required=False,
    )

    def __init__(self, job: ImportJob, user: User, data: Any = None) -> None:
        initial = {name: getattr(job, name) for name in ("mode", "key")}
        initial |= {name: "1" if getattr(job, name) else "" for name in ("fills_only", "leaves_bad", "day_first", "decimal_comma")}
        super().__init__(data, initial=initial | {f"column_{place}": target for place, target in enumerate(job.mapping)})
        self.job, self.kind = job, str(job.kind)
        self.may_add = user.may(Permission.MANAGE_FIELDS) and self.kind in CustomField.Of.values
        choices = self._choices()
        for place, heading in enumerate(job.headings):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=heading or _("Without a heading"), choices=choices, required=False, widget=_select()
            )
        self.fields["key"].choices = targets.keys(self.kind, self._mapped())  # type: ignore[attr-defined]

    def _choices(self) -> list[Any]:
        groups: list[Any] = [("", _("Leave out"))]
        groups += [(group.label, [(target.key, target.label) for target in group.targets]) for group in targets.offered(self.kind)]
        if self.may_add:
            kinds = [(f"{NEW}{kind}", CustomField.Kind(kind).label) for kind in NEW_KINDS]
            groups.append((_("A new field of this name"), kinds))
        return groups

    def _mapped(self) -> list[str]:
        """What is chosen, or stands there to begin with."""
        if not self.is_bound:
            return list(self.job.mapping)
        return [self.data.get(f"column_{place}", "") for place in range(len(self.job.headings))]

    def columns(self, samples: Sequence[Sequence[str]]) -> list[tuple[BoundField, list[str]]]:
        """Each column's select with its first values."""
        return [(self[f"column_{place}"], [row[place] for row in samples if row[place]][:3]) for place in range(len(self.job.headings))]

    def mapping(self) -> list[str]:
        return [self.cleaned_data[f"column_{place}"] for place in range(len(self.job.headings))]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = self.cleaned_data
        chosen = [values.get(f"column_{place}", "") for place in range(len(self.job.headings))]
        if not set(NEEDED[self.kind]) & {target.partition("@")[0] for target in chosen}:
            raise forms.ValidationError(MISSING[self.kind])
        self._refuse_doubles(chosen)
        self._check_consent(chosen)
        if values.get("mode") != ImportJob.Mode.CREATE and not values.get("key") and self.fields["key"].choices:  # type: ignore[attr-defined]
            self.add_error("key", _("Choose by what those that are here are known."))
        return values

    def _refuse_doubles(self, chosen: list[str]) -> None:
        fields = targets.fields(self.kind)
        for place, target in enumerate(chosen):
            first = chosen.index(target)
            if first < place and not target.startswith(NEW) and not targets.is_repeatable(target, fields):
                sentence = _("“%(heading)s” is this already.") % {"heading": self.job.headings[first]}
                self.add_error(f"column_{place}", sentence)

    def _check_consent(self, chosen: list[str]) -> None:
        """An entry of the ledger needs an address, what was said, and when."""
        names = {target.partition("@")[0] for target in chosen}
        if names & set(targets.CONSENT_NAMES) and not {"consent.state", "consent.at", "emails"} <= names:
            raise forms.ValidationError(
                _("Consent needs three columns: an email address, what was said, and when it was said. Choose all of them, or none.")
            )
