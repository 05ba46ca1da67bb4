from django.urls import path
from rest_framework.routers import SimpleRouter

from behaviour.api import BehaviourEventViewSet
from core.partners.bulk.views import JobResultViewSet, JobViewSet
from core.partners.docs import DocsView
from core.partners.schema import DescriptionView
from customers.api import (
    AddressViewSet,
    ConsentEntryViewSet,
    ConsentViewSet,
    ContactViewSet,
    CustomerViewSet,
    CustomFieldViewSet,
    FollowUpViewSet,
    InteractionViewSet,
    MayContactViewSet,
    MergeViewSet,
    NeedViewSet,
    PurposeViewSet,
)
from development.api import OpportunityViewSet
from lifecycle.api import LeadSourceViewSet, LeadViewSet, LostReasonViewSet, StageChangeViewSet
from portfolios.api import HandoverViewSet, PortfolioViewSet
from service_plans.api import ServicePlanViewSet
from service_requests.api import ServiceRequestViewSet
from shipments.api import ScanEventViewSet, ShipmentViewSet
from tiering.api import TierChangeViewSet, TierPolicyViewSet, TierViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("customers", CustomerViewSet, basename="customer")
router.register("customers/<str:customer>/contacts", ContactViewSet, basename="contact")
router.register("customers/<str:customer>/addresses", AddressViewSet, basename="address")
router.register("customers/<str:customer>/needs", NeedViewSet, basename="need")
router.register("customers/<str:customer>/interactions", InteractionViewSet, basename="interaction")
router.register("customers/<str:customer>", MayContactViewSet, basename="customer-question")
router.register("custom-fields", CustomFieldViewSet, basename="custom-field")
router.register("merges", MergeViewSet, basename="merge")
router.register("purposes", PurposeViewSet, basename="purpose")
router.register("consents", ConsentViewSet, basename="consent")
router.register("consent-entries", ConsentEntryViewSet, basename="consent-entry")
router.register("follow-ups", FollowUpViewSet, basename="follow-up")
router.register("shipments/<str:shipment>/events", ScanEventViewSet, basename="scan-event")
router.register("shipments", ShipmentViewSet, basename="shipment")
router.register("behaviour-events", BehaviourEventViewSet, basename="behaviour-event")
router.register("service-requests", ServiceRequestViewSet, basename="service-request")
router.register("service-plans", ServicePlanViewSet, basename="service-plan")
router.register("leads", LeadViewSet, basename="lead")
router.register("lead-sources", LeadSourceViewSet, basename="lead-source")
router.register("lost-reasons", LostReasonViewSet, basename="lost-reason")
router.register("stage-changes", StageChangeViewSet, basename="stage-change")
router.register("portfolios", PortfolioViewSet, basename="portfolio")
router.register("handovers", HandoverViewSet, basename="handover")
router.register("opportunities", OpportunityViewSet, basename="opportunity")
router.register("jobs/<str:job>/results", JobResultViewSet, basename="job-result")
router.register("jobs", JobViewSet, basename="job")
router.register("tiers", TierViewSet, basename="tier")
router.register("tier-changes", TierChangeViewSet, basename="tier-change")
router.register("tier-policies", TierPolicyViewSet, basename="tier-policy")

app_name = "api"

urlpatterns = [
    path("openapi.json", DescriptionView.as_view(), name="openapi"),
    path("docs/", DocsView.as_view(), name="docs"),
    *router.urls,
]
