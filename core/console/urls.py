from django.urls import path

from core.console import audit, background, events, invitations, jobs, keys, notices, organisation, people, rights
from core.console.home import SettingsHomeView
from core.console.reveal import RevealView

app_name = "console"

urlpatterns = [
    path("settings/", SettingsHomeView.as_view(), name="home"),
    path("settings/people/", people.PeopleView.as_view(), name="people"),
    path("settings/people/invitations/", invitations.InvitationsView.as_view(), name="invitations"),
    path("settings/people/invitations/new/", invitations.InviteUserView.as_view(), name="invite_user"),
    path(
        "settings/people/invitations/<uuid:pk>/resend/",
        invitations.ResendInvitationView.as_view(),
        name="resend_invitation",
    ),
    path(
        "settings/people/invitations/<uuid:pk>/withdraw/",
        invitations.WithdrawInvitationView.as_view(),
        name="withdraw_invitation",
    ),
    path("invitation/<slug:token>/", invitations.AcceptInvitationView.as_view(), name="accept_invitation"),
    path("settings/people/<uuid:pk>/", people.UpdateUserView.as_view(), name="update_user"),
    path("settings/people/<uuid:pk>/deactivate/", people.DeactivateUserView.as_view(), name="deactivate_user"),
    path("settings/people/<uuid:pk>/activate/", people.ActivateUserView.as_view(), name="activate_user"),
    path("settings/people/<uuid:pk>/rights/", rights.RightsView.as_view(), name="rights"),
    path("settings/roles/", rights.RolesView.as_view(), name="roles"),
    path("settings/people/<uuid:pk>/sign-out/", people.EndSessionsView.as_view(), name="end_sessions"),
    path(
        "settings/people/<uuid:pk>/second-step/reset/",
        people.ResetSecondStepView.as_view(),
        name="reset_second_step",
    ),
    path("settings/departments/", organisation.OrganisationView.as_view(), name="organisation"),
    path("settings/departments/new/", organisation.CreateDepartmentView.as_view(), name="create_department"),
    path("settings/teams/new/", organisation.CreateTeamView.as_view(), name="create_team"),
    path("settings/keys/", keys.ApiKeysView.as_view(), name="keys"),
    path("settings/keys/new/", keys.CreateApiKeyView.as_view(), name="create_key"),
    path("settings/keys/<uuid:pk>/", keys.ApiKeyView.as_view(), name="key"),
    path("settings/keys/<uuid:pk>/rotate/", keys.RotateApiKeyView.as_view(), name="rotate_key"),
    path("settings/keys/<uuid:pk>/networks/", keys.RestrictApiKeyView.as_view(), name="restrict_key"),
    path("settings/keys/<uuid:pk>/limit/", keys.LimitApiKeyView.as_view(), name="limit_key"),
    path("settings/keys/<uuid:pk>/end-old-secret/", keys.EndOldSecretView.as_view(), name="end_old_secret"),
    path("settings/keys/<uuid:pk>/revoke/", keys.RevokeApiKeyView.as_view(), name="revoke_key"),
    path("reveal/<slug:kind>/<uuid:pk>/", RevealView.as_view(), name="reveal"),
    path("jobs/", background.OwnJobsView.as_view(), name="own_jobs"),
    path("jobs/notices/", background.JobNoticesView.as_view(), name="job_notices"),
    path("jobs/<uuid:pk>/", background.JobView.as_view(), name="job"),
    path("jobs/<uuid:pk>/cancel/", background.CancelJobView.as_view(), name="cancel_job"),
    path("jobs/<uuid:pk>/again/", background.RunAgainView.as_view(), name="run_job_again"),
    path("jobs/<uuid:pk>/file/", background.DownloadView.as_view(), name="job_file"),
    path("exports/<slug:name>/", background.StartExportView.as_view(), name="export"),
    path("settings/audit/", audit.AuditTrailView.as_view(), name="audit"),
    path("settings/events/", events.EventsView.as_view(), name="events"),
    path("settings/events/again/", events.SendAllAgainView.as_view(), name="send_events_again"),
    path("settings/events/<uuid:pk>/again/", events.SendAgainView.as_view(), name="send_event_again"),
    path("notices/", notices.NoticesView.as_view(), name="notices"),
    path("notices/count/", notices.UnreadCountView.as_view(), name="unread_count"),
    path("notices/read/", notices.ReadAllNoticesView.as_view(), name="read_all_notices"),
    path("notices/<uuid:pk>/", notices.OpenNoticeView.as_view(), name="open_notice"),
    path("notices/<uuid:pk>/read/", notices.ReadNoticeView.as_view(), name="read_notice"),
    path("settings/jobs/", jobs.JobRunsView.as_view(), name="jobs"),
    path("settings/jobs/<uuid:pk>/again/", jobs.TryAgainView.as_view(), name="try_run_again"),
]
