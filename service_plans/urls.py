from django.urls import path

from service_plans.views import plans, shared, steps, writing

app_name = "service_plans"

urlpatterns = [
    path("service-plans/", plans.PlanListView.as_view(), name="list"),
    path("service-plans/new/", writing.CreatePlanView.as_view(), name="create"),
    path("service-plans/<uuid:pk>/", plans.PlanDetailView.as_view(), name="detail"),
    path("service-plans/<uuid:pk>/edit/", writing.UpdatePlanView.as_view(), name="update"),
    path("service-plans/<uuid:pk>/items/new/<slug:kind>/", writing.AddItemView.as_view(), name="add_item"),
    path("service-plans/<uuid:pk>/items/<uuid:item>/", writing.ChangeItemView.as_view(), name="change_item"),
    path("service-plans/<uuid:pk>/items/<uuid:item>/remove/", writing.RemoveItemView.as_view(), name="remove_item"),
    path("service-plans/<uuid:pk>/propose/", steps.ProposeView.as_view(), name="propose"),
    path("service-plans/<uuid:pk>/approve/", steps.ApproveView.as_view(), name="approve"),
    path("service-plans/<uuid:pk>/send-back/", steps.SendBackView.as_view(), name="send_back"),
    path("service-plans/<uuid:pk>/drop/", steps.DropView.as_view(), name="drop"),
    path("service-plans/<uuid:pk>/next/", steps.NextEditionView.as_view(), name="next"),
    path("service-plans/<uuid:pk>/end/", steps.EndView.as_view(), name="end"),
    path("service-plans/<uuid:pk>/share/", steps.ShareView.as_view(), name="share"),
    path("service-plans/<uuid:pk>/share/stop/", steps.StopSharingView.as_view(), name="stop_sharing"),
    path("plans/<slug:slug>/<str:token>/", shared.SharedPlanView.as_view(), name="shared"),
]
