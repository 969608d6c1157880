"""Settings pages of what administrators set up; to those whose role does not allow it they do not exist (404)."""
