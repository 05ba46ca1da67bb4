from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.web.lists.filters import LAST_DAY
from core.web.reading_order import NamedChoiceField
from core.web.records import RecordForm
from customers.models import Customer
from customers.picking import CustomerField
from customers.timeline import known_names
from development.enums import DealStage, LostReason, Measure, PriceBasis, ServiceKind
from development.models import MarketNote, Opportunity, PipelineRules
from development.querysets import competitors, masked, note_in_words, workers
from development.services.answering import LONGEST_ANSWER, LONGEST_NAME
from development.services.moving import LONGEST_REMARK
from development.services.opening import LONGEST_NEED
from development.services.proposing import LONGEST_TEXT
from development.services.settled import LONGEST_NOTE
from development.stages import OPEN
from service_plans.enums import ItemKind

NO_MEASURE = [("", _("Nothing that is measured")), *Measure.choices]


def day_field(label: Any, help_text: Any = "", **kwargs: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date", "max": f"{LAST_DAY}"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, input_formats=["%Y-%m-%d"], help_text=help_text, **kwargs)


class OpportunityFields(forms.Form):
    """What is known of an opportunity."""

    title = forms.CharField(
        label=_("What it is about"),
        max_length=200,
        widget=forms.TextInput(attrs={"autofocus": True}),
        help_text=_("The business in a few words, without names of persons."),
    )
    expected_freight = forms.DecimalField(
        label=_("Expected freight a month"), min_value=0, max_digits=15, decimal_places=2
    )
    closes_on = day_field(_("Expected to close on"))
    owner = NamedChoiceField(label=_("Owner"), queryset=None, required=False, empty_label=_("Nobody yet"))
    competitor = NamedChoiceField(label=_("Competitor"), queryset=None, required=False, empty_label=_("None known"))
    need = forms.CharField(
        label=_("What the customer needs"),
        max_length=LONGEST_NEED,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = workers()
        self.fields["competitor"].queryset = competitors()


class OpenOpportunityForm(OpportunityFields):
    """An opportunity, of the customer whose page it comes from or whose number is typed."""

    customer_number = CustomerField()
    field_order = ("customer_number", "title", "expected_freight", "closes_on", "owner", "competitor", "need")

    def __init__(self, *args: Any, customer: Customer | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer
        if customer is not None:
            del self.fields["customer_number"]

    @property
    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        facts = dict(self.cleaned_data)
        chosen = facts.pop("customer_number", None)
        return {"customer": self.customer or chosen, **facts}


class UpdateOpportunityForm(RecordForm, OpportunityFields):
    """The facts of an open opportunity; where what is needed holds something personal, empty keeps what is stored."""

    told_by = ("opportunity.updated",)

    def __init__(self, *args: Any, record: Opportunity, **kwargs: Any) -> None:
        self._shown = masked(record, "need", known_names(record.customer))
        super().__init__(*args, record=record, **kwargs)
        self.fields["competitor"].queryset = competitors(besides=record.competitor)
        if record.owner_id:
            self.fields["owner"].queryset = workers() | type(record.owner).objects.filter(pk=record.owner_id)
        if self._is_kept:
            need = self.fields["need"]
            need.widget.attrs["placeholder"] = self._shown
            need.help_text = _("Recorded. Leave it empty to keep what is stored.")

    @property
    def _is_kept(self) -> bool:
        return self._shown != (self.record.need or "")

    def stored(self) -> dict[str, Any]:
        names = ("title", "expected_freight", "closes_on")
        related = {"owner": self.record.owner_id, "competitor": self.record.competitor_id}
        stored = {**{name: getattr(self.record, name) for name in names}, **related}
        return stored if self._is_kept else {**stored, "need": self.record.need or ""}

    def masked(self) -> dict[str, tuple[Any, str]]:
        return {"need": (self.record.need, self._shown)} if self._is_kept else {}

    @property
    def facts(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class MoveForm(forms.Form):
    """What is to be said about a move; why, where it is lost."""

    lost_reason = forms.ChoiceField(label=_("Why it was lost"), choices=[("", "–"), *LostReason.choices])
    remark = forms.CharField(
        label=_("Remark"),
        max_length=LONGEST_REMARK,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stands beside the move in the opportunity's history."),
    )

    def __init__(self, *args: Any, stage: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if stage != DealStage.LOST:
            del self.fields["lost_reason"]


class CompetitorForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100, widget=forms.TextInput(attrs={"autofocus": True}))
    strengths = forms.CharField(
        label=_("Strengths"), max_length=LONGEST_NOTE, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What is known of the firm; nothing of single persons."),
    )


class ChangeCompetitorForm(CompetitorForm):
    version = forms.IntegerField(widget=forms.HiddenInput)


class RulesForm(forms.Form):
    """How much of the expected freight is counted on in each stage; `replaces` is the version its author has seen."""

    replaces = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, in_force: PipelineRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for stage in OPEN:
            self.fields[stage.value] = forms.IntegerField(
                label=stage.label, min_value=0, max_value=100, initial=in_force.chance(stage), help_text=_("Per cent")
            )
        self.initial = {"replaces": in_force.version, **self.initial}

    @property
    def chances(self) -> dict[str, int]:
        return {stage: self.cleaned_data[stage] for stage in OPEN}


class ServiceForm(forms.Form):
    """A service of the catalogue."""

    kind = forms.ChoiceField(label=_("Kind"), choices=ServiceKind.choices)
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=100)
    name_en = forms.CharField(label=_("Name in English"), max_length=100)
    description_zh = forms.CharField(
        label=_("Description in Chinese"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    description_en = forms.CharField(
        label=_("Description in English"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    price_basis = forms.ChoiceField(label=_("Price basis"), choices=PriceBasis.choices)
    list_price = forms.DecimalField(label=_("List price"), required=False, min_value=0, max_digits=15, decimal_places=2)
    measure = forms.ChoiceField(label=_("What it makes better"), required=False, choices=NO_MEASURE)
    improves_percent = forms.IntegerField(
        label=_("Usually by, per cent"),
        required=False,
        min_value=1,
        max_value=100,
        help_text=_("What a proposal suggests as its target, from what the customer's shipments say today."),
    )
    plan_item = forms.ChoiceField(
        label=_("Becomes in the service plan"), choices=ItemKind.choices, initial=ItemKind.PRICE
    )

    @property
    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class ChangeServiceForm(ServiceForm):
    version = forms.IntegerField(widget=forms.HiddenInput)


class ProposalForm(forms.Form):
    """What a proposal says besides its services; a foreword that holds something personal is shown hidden."""

    valid_until = day_field(_("Valid until"), _("The last day on which the customer can accept it."))
    foreword = forms.CharField(
        label=_("Foreword"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The customer reads this above the services, numbers included: write down no private ones."),
    )

    def __init__(self, *args: Any, stored: str = "", shown: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keep_hidden(self.fields["foreword"], stored=stored, shown=shown)


class NextVersionForm(forms.Form):
    valid_until = day_field(_("Valid until"), _("The last day on which the customer can accept it."))


class LineForm(forms.Form):
    """One service of a proposal: what is offered, at what price, and with what promise."""

    text = forms.CharField(
        label=_("What is offered"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The customer reads this, numbers included: write down no private ones."),
    )
    price = forms.DecimalField(label=_("Price"), required=False, min_value=0, max_digits=15, decimal_places=2)
    price_basis = forms.ChoiceField(label=_("Price basis"), choices=PriceBasis.choices)
    measure = forms.ChoiceField(label=_("What it makes better"), required=False, choices=NO_MEASURE)
    baseline = forms.DecimalField(
        label=_("Today"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        help_text=_("As the customer's shipments of the last three months say, if they do."),
    )
    target = forms.DecimalField(
        label=pgettext_lazy("benefit", "Promised"), required=False, min_value=0, max_digits=12, decimal_places=2
    )

    def __init__(self, *args: Any, stored: str = "", shown: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._keeps_text = keep_hidden(self.fields["text"], stored=stored, shown=shown)

    @property
    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        facts = dict(self.cleaned_data)
        if self._keeps_text and not facts["text"]:
            del facts["text"]
        return facts


class SendBackForm(forms.Form):
    reason = forms.CharField(
        label=_("What has to change"), max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 3})
    )


class AnswerForm(forms.Form):
    """A customer's answer; `answer` is what a customer who declines says about it."""

    name = forms.CharField(label=_("Your name"), max_length=LONGEST_NAME)
    answer = forms.CharField(
        label=_("What speaks against it"),
        max_length=LONGEST_ANSWER,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def keep_hidden(field: forms.Field, *, stored: str, shown: str) -> bool:
    """Let an empty field keep a stored text of which something is hidden; say whether it does."""
    if stored == shown:
        return False
    field.widget.attrs["placeholder"] = shown
    field.help_text = _("Recorded. Leave it empty to keep what is stored.")
    return True


class MarketNoteForm(forms.Form):
    """What was learnt; of an opportunity or a customer where it is written from there."""

    text = forms.CharField(
        label=_("What was learnt"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 4, "autofocus": True}),
    )
    region = forms.CharField(label=_("Region"), max_length=100, required=False)
    industry = forms.CharField(label=_("Industry"), max_length=100, required=False)
    competitor = NamedChoiceField(label=_("Competitor"), queryset=None, required=False, empty_label=_("None"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["competitor"].queryset = competitors()


class WriteMarketNoteForm(MarketNoteForm):
    """A new note, of the opportunity or the customer whose page it comes from, or of one that is chosen, or of none."""

    customer_number = CustomerField(required=False, help_text=_("Empty: for no customer."))
    field_order = ("customer_number", "text", "region", "industry", "competitor")

    def __init__(self, *args: Any, customer: Customer | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer
        if customer is not None:
            del self.fields["customer_number"]

    @property
    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        facts = dict(self.cleaned_data)
        chosen = facts.pop("customer_number", None)
        return {"customer": self.customer or chosen, **facts}


class UpdateMarketNoteForm(RecordForm, MarketNoteForm):
    """What a note says; where something personal stands in it, an empty text keeps what is stored."""

    told_by = ("market_note.updated",)

    def __init__(self, *args: Any, record: MarketNote, **kwargs: Any) -> None:
        self._shown = note_in_words(record)
        super().__init__(*args, record=record, **kwargs)
        self.fields["competitor"].queryset = competitors(besides=record.competitor)
        if self._is_kept:
            text = self.fields["text"]
            text.required = False
            text.widget.attrs["placeholder"] = self._shown
            text.help_text = _("Recorded. Leave it empty to keep what is stored.")

    @property
    def _is_kept(self) -> bool:
        return self._shown != (self.record.text or "")

    def stored(self) -> dict[str, Any]:
        names = ("region", "industry")
        stored = {**{name: getattr(self.record, name) for name in names}, "competitor": self.record.competitor_id}
        return stored if self._is_kept else {**stored, "text": self.record.text or ""}

    def masked(self) -> dict[str, tuple[Any, str]]:
        return {"text": (self.record.text, self._shown)} if self._is_kept else {}
