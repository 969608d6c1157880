"""The reasons that a new installation offers when a deal is closed."""

from django.db import migrations

from crm.records.stages import DEFAULT_REASONS


def create(apps, schema_editor):
    ClosingReason = apps.get_model("records", "ClosingReason")
    if ClosingReason.objects.exists():
        return
    for outcome, names in DEFAULT_REASONS:
        for position, name in enumerate(names):
            ClosingReason.objects.create(outcome=outcome, name=name, position=position)


class Migration(migrations.Migration):
    dependencies = [("records", "0008_merging")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
