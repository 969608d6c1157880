from django.urls import path

from crm.accounts.views import company, profile, roles, security, staff, teams

app_name = "accounts"
urlpatterns = [
    path("settings/profile/", profile.profile, name="profile"),
    path("settings/profile/picture/remove/", profile.avatar_remove, name="avatar_remove"),
    path("settings/sessions/<int:pk>/end/", security.session_end, name="session_end"),
    path("settings/sessions/end-others/", security.sessions_end, name="sessions_end"),
    path("users/<int:pk>/avatar/", profile.avatar, name="avatar"),
    path("settings/users/", staff.user_list, name="user_list"),
    path("settings/users/invite/", staff.user_invite, name="user_invite"),
    path("settings/users/<int:pk>/", staff.user_edit, name="user_edit"),
    path("settings/users/<int:pk>/invite-again/", staff.user_reinvite, name="user_reinvite"),
    path("settings/users/<int:pk>/revoke/", staff.user_revoke, name="user_revoke"),
    path("settings/users/<int:pk>/second-factor/reset/", staff.second_factor_reset, name="second_factor_reset"),
    path("settings/teams/", teams.team_list, name="team_list"),
    path("settings/teams/new/", teams.team_create, name="team_create"),
    path("settings/teams/<int:pk>/", teams.team_edit, name="team_edit"),
    path("settings/teams/<int:pk>/delete/", teams.team_delete, name="team_delete"),
    path("settings/roles/", roles.role_list, name="role_list"),
    path("settings/roles/new/", roles.role_create, name="role_create"),
    path("settings/roles/<int:pk>/", roles.role_edit, name="role_edit"),
    path("settings/roles/<int:pk>/delete/", roles.role_delete, name="role_delete"),
    path("settings/company/", company.company_edit, name="company"),
]
