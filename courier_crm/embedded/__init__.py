"""The PostgreSQL and Redis that the product brings along, for a machine that has neither.

Used when neither DATABASE_URL nor REDIS_URL is set. Imports no Django: the settings import this.
"""

from courier_crm.embedded.errors import EmbeddedError
from courier_crm.embedded.keys import local_key
from courier_crm.embedded.places import Endpoints, endpoints, is_embedded
from courier_crm.embedded.sharing import running

__all__ = ["EmbeddedError", "Endpoints", "endpoints", "is_embedded", "local_key", "running"]
