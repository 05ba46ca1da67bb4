"""What customers declare: actions in the audit trail, what their fields hold of a person, and their events."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.audit import actions, erasures
from core.audit.models import AuditEvent
from core.crypto.register import classify
from core.events import registry
from core.imports.models import ImportPart
from core.imports.services import count_of_owner, forget_owner
from core.jobs.models import BackgroundJob
from core.partners.models import KeptAnswer
from core.partners.querysets import answers_naming
from core.web.models import Draft, Undo
from customers import relations
from customers.copies import count_copies, erase_copies
from customers.enums import SPOKEN, ConsentSource, ContactPointKind, Direction, InteractionKind, PointProof, Stage
from customers.models import (
    Address,
    Contact,
    ContactPoint,
    Customer,
    CustomerMerge,
    DuplicateCandidate,
    Interaction,
)
from customers.querysets import pairs_of, same_sources, selves
from customers.relations import Relation
from customers.services.copies import CopyReason
from customers.services.erasure import KIND, ErasureReason, erase_again, forget_kept_answers, personal_fields
from customers.services.merging import count_absorbed, forget_merges

actions.declare("customer.created", _("Customer created"))
actions.declare("customer.updated", _("Customer changed"))
actions.declare("customer.self_service_noted", _("Self-service of the customer noted"))
actions.declare("customer.removed", _("Customer removed, because its import was undone"))
actions.declare("customer.copied", _("Personal data copied"))
actions.declare("customer.erased", _("Personal data erased"))
actions.declare("customer.merged", _("Another customer merged into this one"))
actions.declare("customer.absorbed", _("Merged into another customer"))
actions.declare("customer.merge_undone", _("Merge undone"))
actions.declare("customer.duplicate_dismissed", _("Marked as not the same as another customer"))
actions.declare("customer.duplicate_reopened", _("Listed again as possibly the same as another customer"))
actions.declare("contact.added", _("Contact added"))
actions.declare("contact.updated", _("Contact changed"))
actions.declare("contact.removed", _("Contact removed"))
actions.declare("contact.restored", _("Contact put back"))
actions.declare("contact_point.verified", _("Contact point verified"))
actions.declare("contact_point.doubted", _("Contact point no longer verified"))
actions.declare("contact_point.opted_out", _("Contact point not to be used any more"))
actions.declare("contact_point.allowed", _("Contact point may be used again"))
actions.declare("contact_point.restored", _("Mark of a contact point undone"))
actions.declare("address.added", _("Address added"))
actions.declare("address.updated", _("Address changed"))
actions.declare("address.removed", _("Address removed"))
actions.declare("address.restored", _("Address put back"))
actions.declare("interaction.recorded", _("Contact written down"))
actions.declare("interaction.corrected", _("Entry of the timeline corrected"))
actions.declare("interaction.removed", _("Entry of the timeline removed"))
actions.declare("interaction.restored", _("Entry of the timeline put back"))
actions.declare("custom_field.added", _("Customer field added"))
actions.declare("custom_field.updated", _("Customer field changed"))
actions.declare("custom_field.retired", _("Customer field retired"))
actions.declare("custom_field.revived", _("Customer field taken up again"))
actions.declare_fields(
    number=_("Customer number"),
    erased_at=_("Erased"),
    contribution=_("Contribution"),
    window_shipment_count=_("Shipments in the window"),
    absorbed=_("Merged customer"),
    kept_number=_("Into the customer"),
    other=_("Other customer"),
    duplicates=_("Possible duplicates"),
    merges=_("Customers merged into this one"),
    merged_into=_("Merged into"),
    why_erased=_("Why it was erased"),
    why_copied=_("Why it was copied"),
    facts=_("Personal facts"),
    contacts=_("Contacts"),
    entries=_("Entries of the timeline"),
    copies=_("Copies of personal data"),
    drafts=_("Drafts of staff"),
    undos=_("What staff can undo for a while"),
    imported_rows=_("Rows of imported files"),
    addresses=_("Addresses"),
    kept_answers=_("Answers to partners, kept for a day"),
    kind=_("Kind"),
    company_name=_("Company name"),
    person_name=_("Name of the person"),
    industry=_("Industry"),
    region=_("Region"),
    source=_("Source"),
    tags=_("Tags"),
    special_needs=_("Notes on needs"),
    birthday=_("Birthday"),
    preferred_channel=_("Preferred channel"),
    preferred_language=_("Preferred language"),
    account_manager=_("Account manager"),
    tier_since=_("Tier since"),
    lower_tier=_("Tier that the last evaluations gave"),
    lower_runs=_("Evaluations that gave a lower tier"),
    lower_as_of=_("Lower tier as of"),
    segment=_("Segment"),
    self_service=_("Self-service"),
    self_service_since=_("Self-service since"),
    stage=_("Stage"),
    stage_since=_("Stage since"),
    stage_held_until=_("Stage set by hand through"),
    custom_values=_("Customer fields"),
    direction=_("Direction"),
    how=_("How"),
    position=_("Position"),
    is_primary=_("Primary"),
    contact_points=_("Ways to be reached"),
    way=_("Way to be reached"),
    verified_how=_("How it was verified"),
    opted_out_how=_("How they said so"),
    label=_("Label"),
    choices=_("Options"),
    order=_("Order on the page"),
    is_required=_("Required"),
    is_filtered=_("Offered as a filter"),
    city=_("City"),
    country=_("Country"),
    district=_("District"),
    postal_code=_("Postal code"),
    street=_("Street, house and unit"),
)

actions.declare_values("why_erased", lambda: dict(ErasureReason.choices))
actions.declare_values("how", lambda: dict(InteractionKind.choices))
actions.declare_values("way", lambda: dict(ContactPointKind.choices))
actions.declare_values("verified_how", lambda: dict(PointProof.choices))
actions.declare_values("opted_out_how", lambda: dict(ConsentSource.choices))
actions.declare_values("direction", lambda: dict(Direction.choices))
erasures.register(KIND, erase_again)
actions.declare_values("stage", lambda: dict(Stage.choices))
actions.declare_values("why_copied", lambda: dict(CopyReason.choices))

relations.register(
    "record",
    Relation(
        label=_("Facts"),
        model=Customer,
        rows=lambda customer: Customer.with_merged.filter(pk__in=selves(customer)),
        stays=_("Of each fact that differs you choose one; the other is kept for undoing."),
    ),
)
relations.register(
    "facts",
    Relation(
        label=_("Personal facts"),
        model=Customer,
        personal=lambda customer: sum(getattr(customer, name) is not None for name in personal_fields()),
        stays=_("Of each fact that differs you choose one; the other is kept for undoing."),
    ),
)
relations.register(
    "contacts",
    Relation(
        label=_("Contacts"),
        model=Contact,
        rows=lambda customer: customer.contacts.all(),
        personal=lambda customer: customer.contacts.count(),
        erase=lambda customer: customer.contacts.all().delete(),
        moves="customer",
        primary="is_primary",
    ),
)
relations.register(
    "points",
    Relation(
        label=_("Ways to be reached"),
        model=ContactPoint,
        rows=lambda customer: ContactPoint.objects.filter(contact__customer=customer),
        left_out=frozenset({"fingerprint"}),
        personal=lambda customer: ContactPoint.objects.filter(contact__customer=customer).count(),
        stays=_("They go with their contacts."),
    ),
)
relations.register(
    "entries",
    Relation(
        label=_("Entries of the timeline"),
        model=Interaction,
        rows=lambda customer: customer.interactions.all(),
        personal=lambda customer: customer.interactions.exclude(kind=InteractionKind.SYSTEM).count(),
        erase=lambda customer: customer.interactions.exclude(kind=InteractionKind.SYSTEM).delete(),
        moves="customer",
        clashes=same_sources,
    ),
)
relations.register(
    "addresses",
    Relation(
        label=_("Addresses"),
        model=Address,
        rows=lambda customer: customer.addresses.all(),
        personal=lambda customer: customer.addresses.count(),
        erase=lambda customer: customer.addresses.all().delete(),
        moves="customer",
        primary="is_primary",
    ),
)
relations.register(
    "history",
    Relation(
        label=_("History of changes"),
        model=AuditEvent,
        rows=lambda customer: AuditEvent.objects.filter(subject_id__in=selves(customer)),
        left_out=frozenset({"reason_salt", "reason_digest", "request_id"}),
        stays=_("It tells what was done to one customer before, and is never changed."),
    ),
)
relations.register(
    "copies",
    Relation(
        label=_("Copies of personal data"),
        model=BackgroundJob,
        personal=count_copies,
        erase=erase_copies,
        stays=_("They hold what was kept of one customer when they were made."),
    ),
)
relations.register(
    "drafts",
    Relation(
        label=_("Drafts of staff"),
        model=Draft,
        personal=lambda customer: Draft.objects.filter(subject_id=customer.pk).count(),
        erase=lambda customer: Draft.objects.filter(subject_id=customer.pk).delete(),
        stays=_("Nobody has saved them yet."),
    ),
)
relations.register(
    "undos",
    Relation(
        label=_("What staff can undo for a while"),
        model=Undo,
        personal=lambda customer: Undo.objects.filter(subject_id=customer.pk).count(),
        erase=lambda customer: Undo.objects.filter(subject_id=customer.pk).delete(),
        stays=_("It is undone where it was changed."),
    ),
)
relations.register(
    "kept_answers",
    Relation(
        label=_("Answers to partners, kept for a day"),
        model=KeptAnswer,
        personal=lambda customer: answers_naming(KeptAnswer.objects.all(), customer.pk).count(),
        erase=forget_kept_answers,
        stays=_("They say what a partner was told."),
    ),
)

relations.register(
    "imported_rows",
    Relation(
        label=_("Rows of imported files"),
        model=ImportPart,
        personal=lambda customer: count_of_owner(customer.pk),
        erase=lambda customer: forget_owner(customer.pk),
        stays=_("They tell what stood in one customer before, for the undoing of their import."),
    ),
)
relations.register(
    "merges",
    Relation(
        label=_("Customers merged into this one"),
        model=CustomerMerge,
        rows=lambda customer: CustomerMerge.objects.filter(kept__in=selves(customer)),
        personal=count_absorbed,
        erase=forget_merges,
        stays=_("They stay where they are, so that one merge after the other can be undone."),
    ),
)
relations.register(
    "duplicates",
    Relation(
        label=_("Possible duplicates"),
        model=DuplicateCandidate,
        rows=pairs_of,
        personal=lambda customer: pairs_of(customer).count(),
        erase=lambda customer: pairs_of(customer).delete(),
        stays=_("The two are compared with others anew."),
        goes_along=Q(),
    ),
)

classify("customers.FilteredValue", business="field_id customer_id text number day pk")
classify(
    "customers.CustomerMerge",
    business="kept absorbed merged_at merged_by undone_at undone_by",
    personal="facts",
)
classify("customers.DuplicateCandidate", business="first second score reasons state found_at")
classify("customers.MergedRow", business="merge_id relation row_id was_primary pk")
classify("customers.CustomField", business="key label kind choices order is_required is_filtered is_active")
classify(
    "customers.Customer",
    business="""number kind company_name industry region source tags preferred_channel preferred_language
        account_manager group referrer custom_values created_at erased_at merged_into version tier tier_since
        contribution contribution_rank token_rank is_unmatched quality mending_rank window_shipment_count
        lower_tier lower_runs lower_as_of segment self_service self_service_since stage stage_since
        stage_held_until shipment_count first_shipment_at last_shipment_at""",
    personal="person_name birthday special_needs",
)
classify("customers.Contact", business="customer position is_primary created_at version", personal="name")
classify(
    "customers.ContactPoint",
    business="""contact kind is_preferred source added_at verified_at verified_how opted_out_at opted_out_how""",
    personal="value fingerprint",
)
classify(
    "customers.Address",
    business="customer label country region city district division_code postal_code is_primary version",
    personal="street",
)
classify(
    "customers.Interaction",
    business="""customer contact kind direction code parameters source happened_at recorded_at recorded_by
        recorded_by_key version""",
    personal="text",
)
classify("customers.CustomerToken", business="customer_id key_version rank pk", personal="token")

CUSTOMER = "the customer"
NUMBER = registry.text("the customer's number")
VERSION = registry.whole_number("the version of the record from now on; what hangs on it leaves it as it is")

registry.declare(
    "customer.merged",
    version=1,
    subject=CUSTOMER,
    payload={
        "number": NUMBER,
        "version": VERSION,
        "absorbed_id": registry.record_id("the id of the customer whose place this one takes"),
        "absorbed_number": registry.text("its number, under which nothing is kept any more"),
    },
    doc="Another customer was found to be this one: all that hung on it hangs on this one now.",
)
registry.declare(
    "customer.merge_undone",
    version=1,
    subject=CUSTOMER,
    payload={
        "number": NUMBER,
        "version": VERSION,
        "absorbed_id": registry.record_id("the id of the customer that stands by itself again"),
        "absorbed_number": registry.text("its number"),
    },
    doc="A merge was undone: what had come from the other customer hangs on that one again.",
)
registry.declare(
    "customer.created",
    version=1,
    subject=CUSTOMER,
    payload={"number": NUMBER},
    doc="A customer's archive was opened, by hand, by a partner or by a shipment.",
)
registry.declare(
    "customer.updated",
    version=1,
    subject=CUSTOMER,
    payload={
        "number": NUMBER,
        "version": VERSION,
        "changed": registry.texts("the names of the facts that changed, and contacts, addresses or needs for theirs"),
    },
    doc="Facts, contacts, addresses or needs of a customer were changed by people.",
)
registry.declare(
    "customer.shipped",
    version=1,
    subject=CUSTOMER,
    payload={
        "number": NUMBER,
        "stage": registry.text("the stage in which it was until then", values=(Stage.LEAD, Stage.LOST)),
    },
    doc="A customer that had not shipped before, or was lost, has shipped.",
)
registry.declare(
    "customer.erased",
    version=1,
    subject=CUSTOMER,
    payload={"number": NUMBER, "version": VERSION},
    doc="All that is personal of a customer was erased; number, shipments and tiers stay.",
)
registry.declare(
    "interaction.created",
    version=1,
    subject="the entry of the timeline",
    payload={
        "customer_id": registry.record_id("the customer's id"),
        "kind": registry.text("how it was said; a note is said to nobody", values=SPOKEN),
        "direction": registry.text("who spoke to whom; empty for a note", values=("", *Direction.values)),
    },
    doc="Somebody wrote a contact with a customer, or a note, into the timeline.",
)
