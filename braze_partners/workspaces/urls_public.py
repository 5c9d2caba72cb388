"""Pages outside any workspace: sign-in, password reset, invitations, the person's own page."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from braze_partners.workspaces import views_account, views_invitation, views_public

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views_public.home, name="home"),
    path("sign-in/", views_public.SignIn.as_view(), name="sign-in"),
    path("sign-out/", views_public.SignOut.as_view(), name="sign-out"),
    path("password-reset/", views_public.password_reset, name="password-reset"),
    path(
        "password-reset/<uidb64>/<token>/",
        views_public.PasswordResetConfirm.as_view(),
        name="password-reset-confirm",
    ),
    path("invitation/", views_invitation.answer, name="invitation-answer"),
    path("invitations/<str:token>/", views_invitation.invitation, name="invitation"),
    path("account/", views_account.account, name="account"),
    path("account/password/", views_account.change_password, name="change-password"),
    path("account/sessions/end/", views_account.end_other_sessions, name="end-sessions"),
    path(
        "account/sessions/<slug:handle>/end/",
        views_account.end_session,
        name="end-session",
    ),
]
