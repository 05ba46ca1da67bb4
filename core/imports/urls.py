from django.urls import path

from core.imports import views

app_name = "imports"

urlpatterns = [
    path("imports/", views.BatchListView.as_view(), name="list"),
    path("imports/templates/", views.TemplateListView.as_view(), name="templates"),
    path("imports/templates/<uuid:pk>/remove/", views.RemoveTemplateView.as_view(), name="remove_template"),
    path("imports/new/<slug:kind>/", views.UploadView.as_view(), name="upload"),
    path("imports/<uuid:pk>/", views.BatchView.as_view(), name="batch"),
    path("imports/<uuid:pk>/columns/", views.ColumnsView.as_view(), name="columns"),
    path("imports/<uuid:pk>/start/", views.StartView.as_view(), name="start"),
    path("imports/<uuid:pk>/go-on/", views.GoOnView.as_view(), name="go_on"),
    path("imports/<uuid:pk>/undo/", views.UndoView.as_view(), name="undo"),
    path("imports/<uuid:pk>/result.csv", views.ResultView.as_view(), name="result"),
    path("imports/<uuid:pk>/refused.csv", views.RefusedView.as_view(), name="refused"),
]
