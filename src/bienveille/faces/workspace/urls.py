"""Addresses of the screens of the landlord's people. Each one also stands in config/policy.toml."""

from django.urls import path

from bienveille.faces.workspace.views import calls, campaigns, day, home, people, preparation, session

app_name = "workspace"
urlpatterns = [
    path("", home.home, name="home"),
    path("aide/", home.help_page, name="help"),
    path("session/", session.session, name="session"),
    path("appels/", day.calls, name="calls"),
    path("appels/pause/", day.pause_me, name="pause_me"),
    path("appels/reprise/", day.resume_me, name="resume_me"),
    path("appels/chaque-semaine/<uuid:planned_call_id>/arreter/", day.stop_weekly, name="stop_weekly"),
    path("appels/chaque-semaine/<uuid:planned_call_id>/reprendre/", day.resume_weekly, name="resume_weekly"),
    path("appels/promis/", calls.promised, name="promised"),
    path("appels/promis/<uuid:planned_call_id>/", calls.start_promised, name="start_promised"),
    path("appels/<uuid:campaign_id>/", calls.call, name="call"),
    path("appels/<uuid:campaign_id>/suivant/", calls.next_call, name="next_call"),
    path("appels/<uuid:campaign_id>/rendre/", calls.give_back, name="give_back"),
    path("appels/<uuid:campaign_id>/garder/", calls.keep, name="keep"),
    path("appels/<uuid:campaign_id>/annuler/<uuid:attempt_id>/", calls.undo, name="undo"),
    path("campagnes/", campaigns.campaigns, name="campaigns"),
    path("campagnes/<uuid:campaign_id>/", campaigns.campaign, name="campaign"),
    path("campagnes/<uuid:campaign_id>/ouvrir/", campaigns.open_page, name="open_campaign"),
    path("campagnes/<uuid:campaign_id>/pause/", campaigns.pause_page, name="pause_campaign"),
    path("campagnes/<uuid:campaign_id>/fermer/", campaigns.close_page, name="close_campaign"),
    path("campagnes/nouvelle/", preparation.new_campaign, name="new_campaign"),
    path("campagnes/<uuid:campaign_id>/preparer/but/", preparation.purpose, name="draft_purpose"),
    path("campagnes/<uuid:campaign_id>/preparer/qui/", preparation.who, name="draft_who"),
    path("campagnes/<uuid:campaign_id>/preparer/qui/<int:rank>/", preparation.wave, name="draft_wave"),
    path("campagnes/<uuid:campaign_id>/preparer/vagues/", preparation.waves, name="draft_waves"),
    path("campagnes/<uuid:campaign_id>/preparer/questions/", preparation.questions, name="draft_questions"),
    path("campagnes/<uuid:campaign_id>/preparer/appelants/", preparation.callers, name="draft_callers"),
    path("campagnes/<uuid:campaign_id>/preparer/regles/", preparation.rules, name="draft_rules"),
    path("campagnes/<uuid:campaign_id>/preparer/verifier/", preparation.check, name="draft_check"),
    path("campagnes/<uuid:campaign_id>/supprimer/", preparation.delete, name="delete_campaign"),
    path("campagnes/<uuid:campaign_id>/copier/", preparation.copy, name="copy_campaign"),
    path("locataires/", people.people, name="people"),
    path("locataires/<uuid:household_id>/", people.household, name="household"),
]
