"""Fields that several forms of this room share."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import MAX_GROUP_NAME, MAX_TAG_LENGTH, MAX_TAGS
from customers.names import plain_text

HIDDEN = "****"
EITHER_OR = _("Either enter something new or remove what is stored, not both.")


class NameField(forms.CharField):
    """A name or a place, in plain letters."""

    def to_python(self, value: Any) -> str:
        return plain_text(super().to_python(value))


class KnownGroupsInput(forms.TextInput):
    """An input that offers the groups there are, asked for when somebody comes to it."""

    template_name = "customers/widgets/known_groups.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        attrs = {**(attrs or {})}
        known_id = f"{attrs.get('id', name)}-known"
        # The form around it has answers of its own.
        asking = dict.fromkeys(("hx-select", "hx-select-oob", "hx-disabled-elt", "hx-sync"), "unset")
        asking |= {"hx-get": reverse("customers:known_groups"), "hx-trigger": "focus once", "hx-params": "none"}
        asking |= {"hx-target": f"#{known_id}", "hx-swap": "innerHTML", "hx-push-url": "false"}
        context = super().get_context(name, value, {**attrs, **asking, "list": known_id, "autocomplete": "off"})
        context["widget"]["known_id"] = known_id
        return context


class GroupField(NameField):
    """What a group is called; one that is not there yet is made by whoever keeps it."""

    widget = KnownGroupsInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_GROUP_NAME, **kwargs)


class TagsField(forms.CharField):
    """Words between commas, each kept once."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value).replace("，", ",")
        tags = list(dict.fromkeys(tag for part in text.split(",") if (tag := plain_text(part))))
        if len(tags) > MAX_TAGS or any(len(tag) > MAX_TAG_LENGTH for tag in tags):
            raise ValidationError(
                _("At most %(tags)s tags of up to %(letters)s letters each."),
                params={"tags": MAX_TAGS, "letters": MAX_TAG_LENGTH},
            )
        return tags


class LinesField(forms.CharField):
    """Texts, each on a line of its own."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, Sequence) and not isinstance(value, str) else value

    def clean(self, value: Any) -> list[str]:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class Removal(str):
    """What was typed beside a ticked "Remove what is stored"; nothing, unless by mistake."""

    __slots__ = ()


class Removable:
    """An input of a stored value that is never shown: empty keeps it, and a box below removes it."""

    template_name = "customers/widgets/removable.html"
    input_template_name: str
    offers_removal = False

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        value = super().value_from_datadict(data, files, name)
        ticked = self.offers_removal and forms.CheckboxInput().value_from_datadict(data, files, _box(name))
        return Removal(value or "") if ticked else value

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["box"] = {"name": _box(name), "is_ticked": isinstance(value, Removal)} if self.offers_removal else None
        return {**context, "input_template_name": self.input_template_name}


def _box(name: str) -> str:
    return f"{name}-remove"


class RemovableTextInput(Removable, forms.TextInput):
    input_template_name = forms.TextInput.template_name


class RemovableDateInput(Removable, forms.DateInput):
    input_template_name = forms.DateInput.template_name


class RemovableTextarea(Removable, forms.Textarea):
    input_template_name = forms.Textarea.template_name


class RemovableField:
    """A field whose cleaned value is a Removal where the stored one is to go."""

    def clean(self, value: Any) -> Any:
        if not isinstance(value, Removal):
            return super().clean(value)
        if value.strip():
            raise ValidationError(EITHER_OR)
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return isinstance(data, Removal) or super().has_changed(initial, data)

    def words_of(self, value: Any) -> str:
        return gettext("Remove what is stored") if isinstance(value, Removal) else str(value or "")

    def sent_for(self, name: str, value: Any) -> dict[str, str]:
        """Return what a form is sent for the field to hold a value, or to hold none any more."""
        return {name: str(value)} if value else {_box(name): "on"}

    def offer_removal(self, placeholder: str) -> None:
        """Say that something is stored, by its masked form, and offer to remove it."""
        self.widget.offers_removal = True
        self.widget.attrs["placeholder"] = placeholder
        self.help_text = _("Recorded. Leave it empty to keep what is stored.")


class PersonalTextField(RemovableField, forms.CharField):
    widget = RemovableTextInput


class PersonalNameField(RemovableField, NameField):
    widget = RemovableTextInput


class PersonalDateField(RemovableField, forms.DateField):
    widget = RemovableDateInput
