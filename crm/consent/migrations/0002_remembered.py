from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Remembered",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("unknown", "Not asked"), ("granted", "Agreed"), ("refused", "Refused"), ("withdrawn", "Withdrew")],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
