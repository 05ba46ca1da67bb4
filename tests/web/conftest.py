import pytest
from django.core.management import call_command
from django.test import override_settings

COLLECTED = {"BACKEND": "core.web.storage.StaticStorage"}


@pytest.fixture(scope="session")
def collected(tmp_path_factory):
    """The folder of all static files, hashed and compressed as they are served; it takes long to make."""
    folder = tmp_path_factory.mktemp("static")
    with override_settings(STATIC_ROOT=folder, STORAGES={"staticfiles": COLLECTED}):
        call_command("collectstatic", interactive=False, verbosity=0)
    return folder


@pytest.fixture
def collected_files(collected, settings):
    """Name static files in pages as they were collected; gives their folder."""
    settings.STATIC_ROOT = collected
    settings.STORAGES = {**settings.STORAGES, "staticfiles": COLLECTED}
    return collected
