from django import forms
from django.utils.translation import gettext_lazy as _

from customers.forms.fields import GroupField, NameField
from customers.models import MAX_GROUP_NAME


class RenameGroupForm(forms.Form):
    """What a group is called."""

    name = NameField(label=_("Name"), max_length=MAX_GROUP_NAME)


class GroupForm(forms.Form):
    """The group for each of many customers."""

    group = GroupField(
        label=_("Group"),
        required=False,
        help_text=_("A new name makes a new group. Without a name they are taken out of theirs."),
    )
