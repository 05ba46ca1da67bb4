from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.crypto.masking import mask_name
from customers.enums import Channel, CustomerKind
from customers.models import Customer

HIDDEN = "****"
MAX_TAGS, MAX_TAG_LENGTH = 20, 40


class TagsField(forms.CharField):
    """Words between commas, each kept once."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value).replace("，", ",")
        tags = list(dict.fromkeys(tag for part in text.split(",") if (tag := part.strip())))
        if len(tags) > MAX_TAGS or any(len(tag) > MAX_TAG_LENGTH for tag in tags):
            raise ValidationError(
                _("At most %(tags)s tags of up to %(letters)s letters each."),
                params={"tags": MAX_TAGS, "letters": MAX_TAG_LENGTH},
            )
        return tags


class CustomerFactsForm(forms.Form):
    """What is kept of a customer, but for its number."""

    kind = forms.ChoiceField(label=_("Kind"), choices=CustomerKind.choices)
    company_name = forms.CharField(label=_("Company name"), max_length=200, required=False)
    person_name = forms.CharField(label=_("Name of the person"), max_length=100, required=False)
    birthday = forms.DateField(
        label=_("Birthday"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    industry = forms.CharField(label=_("Industry"), max_length=100, required=False)
    region = forms.CharField(label=_("Region"), max_length=100, required=False)
    source = forms.CharField(label=_("Source"), max_length=100, required=False)
    account_manager = forms.ModelChoiceField(
        label=_("Account manager"), queryset=None, required=False, empty_label=_("None")
    )
    preferred_channel = forms.ChoiceField(
        label=_("Preferred channel"), choices=[("", _("None")), *Channel.choices], required=False
    )
    preferred_language = forms.ChoiceField(
        label=_("Preferred language"), choices=[("", _("None")), *settings.LANGUAGES], required=False
    )
    tags = TagsField(label=_("Tags"), max_length=1000, required=False, help_text=_("Separated by commas."))
    special_needs = forms.CharField(label=_("Special needs"), max_length=2000, required=False, widget=forms.Textarea)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account_manager"].queryset = User.objects.filter(is_active=True).order_by("name", "id")

    def clean_birthday(self) -> str:
        birthday = self.cleaned_data["birthday"]
        return birthday.isoformat() if birthday else ""


class CreateCustomerForm(CustomerFactsForm):
    number = forms.CharField(
        label=_("Customer number"),
        max_length=40,
        help_text=_("As it stands on the shipments; it cannot be changed later."),
    )
    field_order = ("number",)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        name = "person_name" if cleaned.get("kind") == CustomerKind.INDIVIDUAL else "company_name"
        if not cleaned.get(name) and name not in self.errors:
            self.add_error(name, _("Enter the name."))
        return cleaned


class UpdateCustomerForm(CustomerFactsForm):
    """The facts of one customer; stored personal data is never sent to the browser, only its masked form."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account_manager"].queryset = User.objects.filter(
            Q(is_active=True) | Q(pk=customer.account_manager_id)
        ).order_by("name", "id")
        masked = {
            "person_name": mask_name(customer.person_name or ""),
            "birthday": HIDDEN if customer.birthday else "",
            "special_needs": HIDDEN if customer.special_needs else "",
        }
        for name, placeholder in masked.items():
            if placeholder:
                self.fields[name].widget.attrs["placeholder"] = placeholder
                self.fields[name].help_text = _("Recorded. Leave it empty to keep what is stored.")

    def show_stored(self, customer: Customer) -> None:
        """Say beside each field what is stored now, and let the next save replace that version."""
        for name, stored in stored_facts(customer).items():
            if self.cleaned_data.get(name) != stored:
                words = ", ".join(stored) if isinstance(stored, list) else stored
                self[name].help_text = format_html(gettext("Stored now: {}"), words or "–")
        self.data = self.data.copy()
        self.data["version"] = customer.version


def stored_facts(customer: Customer) -> dict[str, Any]:
    """Return the facts that an edit form may show as they are, which personal data is not."""
    names = (
        "kind",
        "company_name",
        "industry",
        "region",
        "source",
        "account_manager",
        "preferred_channel",
        "preferred_language",
        "tags",
    )
    return {name: getattr(customer, name) for name in names}
