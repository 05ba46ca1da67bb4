"""What the product runs with, before the tests' own settings stand over it."""

from courier_crm import settings


def test_passwords_are_hashed_by_argon2_outside_tests():
    assert settings.PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.Argon2PasswordHasher"


def test_no_server_is_waited_for_without_end():
    timeouts = {database["OPTIONS"]["connect_timeout"] for database in settings.DATABASES.values()}
    cache, broker = settings.CACHES["default"]["OPTIONS"], settings.CELERY_BROKER_TRANSPORT_OPTIONS

    assert timeouts == {5}
    assert (cache["socket_timeout"], cache["socket_connect_timeout"]) == (0.5, 0.5)
    assert (broker["socket_timeout"], broker["socket_connect_timeout"]) == (2, 2)
