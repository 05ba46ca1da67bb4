from django.urls import path

from documents import views

app_name = "documents"

urlpatterns = [
    path("customers/<uuid:pk>/documents/", views.DocumentListView.as_view(), name="list"),
    path("customers/<uuid:pk>/documents/new/", views.AddDocumentView.as_view(), name="add"),
    path("customers/<uuid:pk>/documents/<uuid:document>/file/", views.DownloadView.as_view(), name="download"),
    path("customers/<uuid:pk>/documents/<uuid:document>/remove/", views.RemoveDocumentView.as_view(), name="remove"),
]
