from django.urls import path

from lifecycle.joining import views as joining
from lifecycle.views import leads, report, settings, stages

app_name = "lifecycle"

urlpatterns = [
    path("lifecycle/", stages.OverviewView.as_view(), name="overview"),
    path("lifecycle/evaluate/", stages.EvaluateView.as_view(), name="evaluate"),
    path("lifecycle/moves/", stages.ChangeListView.as_view(), name="changes"),
    path("lifecycle/rules/", settings.PolicyView.as_view(), name="policy"),
    path("lifecycle/playbooks/", settings.PlaybookView.as_view(), name="playbooks"),
    path("lifecycle/playbooks/new/", settings.AddStepView.as_view(), name="add_step"),
    path("lifecycle/playbooks/<uuid:pk>/", settings.UpdateStepView.as_view(), name="update_step"),
    path("lifecycle/playbooks/<uuid:pk>/remove/", settings.RemoveStepView.as_view(), name="remove_step"),
    path("customers/<uuid:pk>/stage/", stages.MoveView.as_view(), name="move"),
    path("customers/<uuid:pk>/lead/", leads.TakeUpView.as_view(), name="take_up"),
    path("leads/", leads.LeadListView.as_view(), name="leads"),
    path("leads/new/", leads.CreateLeadView.as_view(), name="create_lead"),
    path("leads/report/", report.ReportView.as_view(), name="report"),
    path("leads/report/export/", report.ExportReportView.as_view(), name="export_report"),
    path("leads/sources/", settings.SourceListView.as_view(), name="sources"),
    path("leads/sources/new/", settings.AddSourceView.as_view(), name="add_source"),
    path("leads/sources/<uuid:pk>/", settings.UpdateSourceView.as_view(), name="update_source"),
    path("leads/sources/<uuid:pk>/retire/", settings.UseSourceView.as_view(), name="retire_source"),
    path("leads/sources/<uuid:pk>/revive/", settings.UseSourceView.as_view(is_active=True), name="revive_source"),
    path("leads/reasons/new/", settings.AddReasonView.as_view(), name="add_reason"),
    path("leads/reasons/<uuid:pk>/", settings.UpdateReasonView.as_view(), name="update_reason"),
    path("leads/reasons/<uuid:pk>/retire/", settings.UseReasonView.as_view(), name="retire_reason"),
    path("leads/reasons/<uuid:pk>/revive/", settings.UseReasonView.as_view(is_active=True), name="revive_reason"),
    path("leads/<uuid:pk>/", leads.LeadDetailView.as_view(), name="lead"),
    path("leads/<uuid:pk>/take/", leads.TakeView.as_view(), name="take"),
    path("leads/<uuid:pk>/contacted/", leads.ContactView.as_view(), name="contact"),
    path("leads/<uuid:pk>/qualify/", leads.QualifyView.as_view(), name="qualify"),
    path("leads/<uuid:pk>/convert/", leads.ConvertView.as_view(), name="convert"),
    path("leads/<uuid:pk>/hand-over/", leads.AssignView.as_view(), name="assign"),
    path("leads/<uuid:pk>/give-up/", leads.LoseView.as_view(), name="lose"),
    path("leads/<uuid:pk>/reopen/", leads.ReopenView.as_view(), name="reopen"),
    path("join/<slug:slug>/", joining.JoinView.as_view(), name="join"),
    path("join/<slug:slug>/done/", joining.JoinedView.as_view(), name="joined"),
]
