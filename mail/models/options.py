"""What a user wants done with their mail."""

from django.conf import settings
from django.db import models


class MailOptions(models.Model):
    """A user's options about mail; without a row everything is as the defaults say."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    shares_new_mail = models.BooleanField(default=False)  # whether mail begins shared with who may see its contacts and deals
