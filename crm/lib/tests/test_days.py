from datetime import UTC, datetime

import pytest
from django.utils import translation

from crm.lib.days import short

DAY = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize(("language", "words"), [("en", "Tue 24 Nov, 09:05"), ("ru", "Вт 24 ноя, 09:05")])
def test_a_month_is_written_as_the_language_does(language, words):
    with translation.override(language):
        assert short(DAY, "D j M, H:i") == words
