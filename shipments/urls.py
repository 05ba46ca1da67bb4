from django.urls import path

from shipments.tracking.views import TraceView, TrackView
from shipments.views.policy import ShipmentPolicyView
from shipments.views.shipments import ShipmentDetailView, ShipmentListView

app_name = "shipments"

urlpatterns = [
    path("shipments/", ShipmentListView.as_view(), name="list"),
    path("shipments/<uuid:pk>/", ShipmentDetailView.as_view(), name="detail"),
    path("settings/late-and-silent-shipments/", ShipmentPolicyView.as_view(), name="policy"),
    path("track/<slug:slug>/", TrackView.as_view(), name="track"),
    path("track/<slug:slug>/<str:sealed>/", TraceView.as_view(), name="trace"),
]
