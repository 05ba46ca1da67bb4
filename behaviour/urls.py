from django.urls import path

from behaviour.views import SeenListView

app_name = "behaviour"

urlpatterns = [path("behaviour/", SeenListView.as_view(), name="list")]
