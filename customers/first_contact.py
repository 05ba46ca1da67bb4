"""How to reach somebody of whom an archive is opened."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.tenancy.scope import current_tenant
from customers.contact_points import MAX_LENGTH, BadContactPoint, home_country, normalised
from customers.enums import ContactPointKind
from customers.services import NewContactPoint


class PointsForm(forms.Form):
    """How to reach somebody: by phone, by e-mail."""

    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    email = forms.CharField(label=_("E-mail"), max_length=MAX_LENGTH, required=False)

    def clean_phone(self) -> str:
        return self._normalised(ContactPointKind.PHONE, self.cleaned_data["phone"])

    def clean_email(self) -> str:
        return self._normalised(ContactPointKind.EMAIL, self.cleaned_data["email"])

    @staticmethod
    def _normalised(kind: str, value: str) -> str:
        if not value:
            return ""
        try:
            return normalised(kind, value, country=home_country(current_tenant().time_zone))
        except BadContactPoint as error:
            raise ValidationError(str(error.message)) from error

    @property
    def points(self) -> list[NewContactPoint]:
        given = {ContactPointKind.PHONE: self.cleaned_data["phone"], ContactPointKind.EMAIL: self.cleaned_data["email"]}
        return [NewContactPoint(kind=kind, value=value) for kind, value in given.items() if value]
