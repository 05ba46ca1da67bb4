from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class BehaviourKind(models.TextChoices):
    """What a customer did on the web page or in the app."""

    VISIT = "visit", pgettext_lazy("behaviour", "Visit")
    APP_OPENED = "app_opened", _("App opened")
    TRACKING = "tracking", _("Tracking looked at")
    QUOTE = "quote", _("Quote asked")
    BASKET = "basket", _("Basket left")


class BehaviourSource(models.TextChoices):
    """Where it did so."""

    WEB = "web", _("Web page")
    APP = "app", _("App")
    MINI_PROGRAM = "mini_program", _("Mini program")


class PageSection(models.TextChoices):
    """The part of the web page or the app; never an address, which may hold anything."""

    HOME = "home", _("Start")
    PRICES = "prices", _("Prices")
    BOOKING = "booking", _("Booking")
    TRACKING = "tracking", pgettext_lazy("part of a web page", "Tracking")
    ACCOUNT = "account", pgettext_lazy("part of a web page", "Account")
    OFFERS = "offers", pgettext_lazy("part of a web page", "Offers")
    HELP = "help", pgettext_lazy("part of a web page", "Help")
    OTHER = "other", pgettext_lazy("part of a web page", "Other")


# Whoever asks for a price or leaves a basket wants to ship.
WISHES = (BehaviourKind.QUOTE, BehaviourKind.BASKET)
