from django.urls import path

from shipments import views
from shipments.tracking.views import TraceView, TrackView

app_name = "shipments"

urlpatterns = [
    path("shipments/", views.ShipmentListView.as_view(), name="list"),
    path("shipments/imports/", views.ImportListView.as_view(), name="imports"),
    path("shipments/imports/new/", views.UploadView.as_view(), name="upload"),
    path("shipments/imports/<uuid:pk>/", views.ImportDetailView.as_view(), name="import"),
    path("shipments/imports/<uuid:pk>/columns/", views.ImportColumnsView.as_view(), name="columns"),
    path("shipments/imports/<uuid:pk>/result.csv", views.ImportResultView.as_view(), name="result"),
    path("shipments/<uuid:pk>/", views.ShipmentDetailView.as_view(), name="detail"),
    path("track/<slug:slug>/", TrackView.as_view(), name="track"),
    path("track/<slug:slug>/<str:sealed>/", TraceView.as_view(), name="trace"),
]
