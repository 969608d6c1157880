from django.urls import path

from crm.accounts.views import profile, security, staff

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
    path("settings/teams/new/", staff.team_create, name="team_create"),
    path("settings/teams/<int:pk>/", staff.team_edit, name="team_edit"),
    path("settings/teams/<int:pk>/delete/", staff.team_delete, name="team_delete"),
]
