"""The pipeline that a new installation starts with."""

from django.db import migrations

from crm.records.stages import DEFAULT_PIPELINE, DEFAULT_STAGES


def create(apps, schema_editor):
    if apps.get_model("records", "Pipeline").objects.exists():
        return
    pipeline = apps.get_model("records", "Pipeline").objects.create(name=DEFAULT_PIPELINE)
    Stage = apps.get_model("records", "Stage")
    for position, (name, probability, rotting_days) in enumerate(DEFAULT_STAGES):
        Stage.objects.create(pipeline=pipeline, name=name, position=position, probability=probability, rotting_days=rotting_days)


class Migration(migrations.Migration):
    dependencies = [("records", "0002_searching_and_notes")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
