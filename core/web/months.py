from typing import Any

from django import forms


class MonthField(forms.DateField):
    """A month, as its first day, as browsers ask for it."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "month"}, format="%Y-%m")
        super().__init__(input_formats=["%Y-%m"], widget=widget, **kwargs)
