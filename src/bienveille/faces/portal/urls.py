"""Addresses of pages without account. Each one also stands in config/policy.toml."""

from django.urls import path

from bienveille.faces.portal.views import hooks, referrals, stop

app_name = "portal"
urlpatterns = [
    path("site/<uuid:residence_id>/", referrals.site, name="site"),
    path("demande/<str:secret>/", referrals.link, name="link"),
    path("demande/<str:secret>/code/", referrals.code, name="code"),
    path("demande/<str:secret>/nouveau-lien/", referrals.ask_again, name="ask_again"),
    path("demandes/merci/", referrals.thanks, name="thanks"),
    path("demandes/<uuid:partner_referral_id>/", referrals.referral, name="referral"),
    path("demandes/<uuid:partner_referral_id>/recue/", referrals.acknowledge, name="acknowledge"),
    path("demandes/<uuid:partner_referral_id>/reponse/", referrals.answer, name="answer"),
    path("demandes/<uuid:partner_referral_id>/quitter/", referrals.leave, name="leave"),
    path("messages/arret/<str:token>/", stop.stop_messages, name="stop_messages"),
    path("fournisseurs/accuses/", hooks.receipts, name="receipts"),
    path("fournisseurs/reponses/", hooks.replies, name="replies"),
    path("fournisseurs/courriels/", hooks.mail, name="mail"),
]
