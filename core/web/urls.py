from django.urls import path

from core.web import health, metrics
from core.web.preferences import SetKeysView, SetLanguageView, SetThemeView
from core.web.views import CsrfTokenView, HomeView, LiveSearchView, PaletteView, SearchView

app_name = "web"

urlpatterns = [
    path("", HomeView.as_view(), name="home"),
    path("search", SearchView.as_view(), name="search"),
    path("search/live", LiveSearchView.as_view(), name="live_search"),
    path("palette", PaletteView.as_view(), name="palette"),
    path("preferences/language", SetLanguageView.as_view(), name="language"),
    path("preferences/token", CsrfTokenView.as_view(), name="token"),
    path("preferences/theme", SetThemeView.as_view(), name="theme"),
    path("preferences/keys", SetKeysView.as_view(), name="keys"),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
    path("metrics", metrics.scrape, name="metrics"),
]
