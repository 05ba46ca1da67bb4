from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RequestKind(models.TextChoices):
    CHASE = "chase", _("Chase a parcel")
    REDIRECT = "redirect", _("Change address or time")
    RETURN = "return", _("Intercept or return")
    INVOICE = "invoice", _("Invoice")
    CERTIFICATE = "certificate", _("Certificate")
    BOOKING = "booking", _("Booking")
    EXCHANGE = "exchange", _("Exchange or return at the door")


class RequestState(models.TextChoices):
    OPEN = "open", pgettext_lazy("service request", "Open")
    IN_PROGRESS = "in_progress", _("In progress")
    WAITING = "waiting", _("Waiting")
    DONE = "done", pgettext_lazy("service request", "Done")
    DECLINED = "declined", pgettext_lazy("service request", "Declined")


CLOSED = (RequestState.DONE, RequestState.DECLINED)
# In these the deadline runs.
RUNNING = (RequestState.OPEN, RequestState.IN_PROGRESS)


class WaitsFor(models.TextChoices):
    CUSTOMER = "customer", _("The customer")
    OUTLET = "outlet", _("An outlet")
    PARTNER = "partner", _("A partner or an authority")
