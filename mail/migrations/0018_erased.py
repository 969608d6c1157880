import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0017_decisions"),
    ]

    operations = [
        migrations.CreateModel(
            name="ErasedMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="erased_mails", to="mail.account")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("account", "digest"), name="mail_erasedmail_once")],
            },
        ),
    ]
