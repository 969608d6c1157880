from django.db import migrations


def judge_old_hits(apps, schema_editor):
    """Put the four reasons of the first version into verdicts; `manage.py reclassify` then applies today's rules."""
    Event = apps.get_model("tracking", "Event")
    for reason, verdict, words in (
        ("counted", "human", "browser"),
        ("method", "machine", "method"),
        ("prefetch", "machine", "prefetch"),
        ("self", "self", "yourself"),
    ):
        Event.objects.filter(reason=reason).update(verdict=verdict, reasons=[words], rules_version=0)


class Migration(migrations.Migration):
    dependencies = [("tracking", "0002_verdicts")]

    operations = [
        migrations.RunPython(judge_old_hits, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField(model_name="event", name="reason"),
    ]
