"""Addresses of the questionnaire editor."""

from django.urls import path

from bienveille.engines.questionnaires.views import drafts, guides, parts, workbooks

app_name = "questionnaires"

urlpatterns = [
    path("", guides.guides, name="guides"),
    path("nouveau/", guides.new, name="new"),
    path("classeur/", workbooks.workbook, name="workbook"),
    path("classeur/garder/", workbooks.bring_in, name="bring_in"),
    path("classeur/aide/", workbooks.understood, name="understood"),
    path("<slug:slug>/", guides.guide, name="guide"),
    path("<slug:slug>/versions/<int:number>/", guides.version, name="version"),
    path("<slug:slug>/versions/<int:number>/classeur/", workbooks.workbook_of, name="workbook_of"),
    path("<slug:slug>/modifier/", guides.edit, name="edit"),
    path("<slug:slug>/restaurer/<int:number>/", guides.restore, name="restore"),
    path("<slug:slug>/brouillon/", drafts.draft, name="draft"),
    path("<slug:slug>/brouillon/gestes/", drafts.act, name="act"),
    path("<slug:slug>/brouillon/publier/", drafts.publish, name="publish"),
    path("<slug:slug>/brouillon/jeter/", drafts.drop, name="drop"),
    path("<slug:slug>/brouillon/parties/<int:section>/", parts.section, name="section"),
    path("<slug:slug>/brouillon/parties/<int:section>/nouvelle/", parts.new_item, name="new_item"),
    path("<slug:slug>/brouillon/parties/<int:section>/questions/<int:item>/", parts.item, name="item"),
]
