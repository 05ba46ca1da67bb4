"""The demo's API keys: made from the installation's secret key, so that they can be printed at every start."""

from base64 import urlsafe_b64encode
from datetime import datetime

from django.utils.crypto import salted_hmac

from core.accounts.models import User
from core.partners import scopes
from core.partners.keys import KeyText
from core.partners.selectors import find_api_key
from core.partners.services import create_api_key
from courier_crm.demo.couriers import Courier

SALT = "courier_crm.demo.api_key"


def make_demo_keys(courier: Courier, *, by: User, at: datetime) -> None:
    """Give the active tenant a key that reads everything but personal data, and one that may do all in its sandbox."""
    readable = [name for name in scopes.declared() if name.endswith(":read") and name != scopes.PERSONAL]
    for name, text, allowed in (
        ("Demo", _text(courier, is_test=False), readable),
        ("Demo, sandbox", _text(courier, is_test=True), scopes.declared()),
    ):
        create_api_key(name=name, scopes=allowed, expires_at=None, by=by, at=at, text=text)


def working_demo_keys(courier: Courier, *, at: datetime) -> list[str]:
    """Return the courier's demo keys that still work."""
    texts = [_text(courier, is_test=is_test).reveal() for is_test in (False, True)]
    return [text for text in texts if find_api_key(text, at=at)]


def _text(courier: Courier, *, is_test: bool) -> KeyText:
    name = f"{courier.slug}:sandbox" if is_test else courier.slug
    prefix = salted_hmac(SALT, f"prefix:{name}", algorithm="sha256").hexdigest()[:12]
    secret = salted_hmac(SALT, f"secret:{name}", algorithm="sha256").digest()
    return KeyText(prefix, urlsafe_b64encode(secret).decode().rstrip("="), is_test=is_test)
