import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_crm.settings")

application = get_wsgi_application()

from core.crypto.checks import refuse_wrong_master_key  # noqa: E402  only now may models be imported

refuse_wrong_master_key()
