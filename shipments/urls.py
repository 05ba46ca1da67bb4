from django.urls import path

from shipments import views
from shipments.tracking.views import TraceView, TrackView

app_name = "shipments"

urlpatterns = [
    path("shipments/", views.ShipmentListView.as_view(), name="list"),
    path("shipments/<uuid:pk>/", views.ShipmentDetailView.as_view(), name="detail"),
    path("track/<slug:slug>/", TrackView.as_view(), name="track"),
    path("track/<slug:slug>/<str:sealed>/", TraceView.as_view(), name="trace"),
]
