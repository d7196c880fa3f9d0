"""Settings shared by all tests: property tests have no deadline, since tests never assert time."""

from __future__ import annotations

from hypothesis import settings

current = settings.get_profile(settings.get_current_profile_name())
settings.register_profile("sealink", current, deadline=None)
settings.load_profile("sealink")
