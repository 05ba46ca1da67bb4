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


def make_demo_key(courier: Courier, *, by: User, at: datetime) -> None:
    """Give the active tenant a key that may read everything."""
    readable = [name for name in scopes.declared() if name.endswith(":read")]
    create_api_key(name="Demo", scopes=readable, expires_at=None, by=by, at=at, text=_text(courier))


def working_demo_key(courier: Courier, *, at: datetime) -> str | None:
    """Return the courier's demo key, or None when it works no longer."""
    text = _text(courier).reveal()
    return text if find_api_key(text, at=at) else None


def _text(courier: Courier) -> KeyText:
    prefix = salted_hmac(SALT, f"prefix:{courier.slug}", algorithm="sha256").hexdigest()[:12]
    secret = salted_hmac(SALT, f"secret:{courier.slug}", algorithm="sha256").digest()
    return KeyText(prefix, urlsafe_b64encode(secret).decode().rstrip("="))
