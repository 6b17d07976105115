"""Addresses of the account pages. The library's own views keep the names that it looks for."""

from django.urls import include, path, re_path

from bienveille.register.accounts import views

pages = [
    path("invitation/<str:secret>/", views.invitation, name="invitation"),
    path("mon-compte/", views.account, name="account"),
    path("mon-compte/disponibilites/", views.my_availability, name="my_availability"),
    path("mon-compte/mot-de-passe/", views.password_change, name="password_change"),
    path("mon-compte/jetons/", views.token_create, name="token_create"),
    path("mon-compte/jetons/<uuid:token_id>/arreter/", views.token_revoke, name="token_revoke"),
    path("mon-compte/securite/", views.security, name="security"),
    path("mon-compte/securite/application/", views.code_app, name="code_app"),
    path("mon-compte/securite/application/retirer/", views.code_app_remove, name="code_app_remove"),
    path("mon-compte/securite/codes-de-secours/", views.recovery_codes, name="recovery_codes"),
    path("mon-compte/securite/appareils/fermer/", views.sessions_end, name="sessions_end"),
    path("mon-compte/securite/appareils/<slug:key>/fermer/", views.session_end, name="session_end"),
    path("mon-compte/securite/cles/question/", views.passkey_challenge, name="passkey_challenge"),
    path("mon-compte/securite/cles/", views.passkey_new, name="passkey_new"),
    path("mon-compte/securite/cles/<uuid:passkey_id>/retirer/", views.passkey_remove, name="passkey_remove"),
    path("connexion/cle/question/", views.passkey_ask, name="passkey_ask"),
    path("connexion/cle/", views.passkey_sign_in, name="passkey_sign_in"),
    path("mon-compte/securite/proconnect/oublier/", views.proconnect_forget, name="proconnect_forget"),
    path("connexion/proconnect/", views.proconnect_go, name="proconnect"),
    path("connexion/proconnect/retour/", views.proconnect_back, name="proconnect_back"),
    path("connexion/confirmer/", views.proof, name="proof"),
    path("connexion/code/", views.second_factor, name="second_factor"),
    path("disponibilites/", views.availabilities, name="availabilities"),
    path("disponibilites/<uuid:user_id>/", views.availability, name="availability"),
    path("grands-fichiers/", views.files, name="files"),
    path("grands-fichiers/demander/", views.file_ask, name="file_ask"),
    path("grands-fichiers/seuil/", views.rows_alone, name="rows_alone"),
    path("grands-fichiers/<uuid:file_id>/reponse/", views.file_answer, name="file_answer"),
    path("utilisateurs/", views.users, name="users"),
    path("utilisateurs/nouveau/", views.user_new, name="user_new"),
    path("utilisateurs/<uuid:user_id>/", views.user, name="user"),
    path("utilisateurs/<uuid:user_id>/roles/", views.role_grant, name="role_grant"),
    path("utilisateurs/roles/<uuid:grant_id>/retirer/", views.role_revoke, name="role_revoke"),
    path("utilisateurs/<uuid:user_id>/inviter/", views.user_invite, name="user_invite"),
    path("utilisateurs/<uuid:user_id>/desactiver/", views.user_deactivate, name="user_deactivate"),
    path("utilisateurs/<uuid:user_id>/reactiver/", views.user_reactivate, name="user_reactivate"),
    path(
        "utilisateurs/<uuid:user_id>/proconnect/oublier/", views.user_proconnect_forget, name="user_proconnect_forget"
    ),
    path("utilisateurs/<uuid:user_id>/secondes-preuves/", views.user_factors_remove, name="user_factors_remove"),
]

urlpatterns = [
    path("connexion/", views.sign_in, name="account_login"),
    path("deconnexion/", views.sign_out, name="account_logout"),
    path("mot-de-passe/oublie/", views.forgotten_password, name="account_reset_password"),
    path("mot-de-passe/envoye/", views.link_sent, name="account_reset_password_done"),
    re_path(
        r"^mot-de-passe/nouveau/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.new_password,
        name="account_reset_password_from_key",
    ),
    path("mot-de-passe/change/", views.password_chosen, name="account_reset_password_from_key_done"),
    path("", include((pages, "accounts"))),
]
