"""Everything that runs by itself: what, when and why, in one table. The jobs stand in the packages' operations."""

from bienveille.engines.cases.operations import climb_ladders, purge_cases, tell_mornings
from bienveille.engines.cases.operations.referrals import purge_referrals, watch_referrals
from bienveille.engines.cases.operations.referrals_register import tidy_registers
from bienveille.engines.dispatch.operations import lay_openings_ahead, purge_lists, wake_queues
from bienveille.engines.messaging.operations.inbox import purge_inbox, watch_inbox
from bienveille.engines.messaging.operations.mailings import start_planned
from bienveille.engines.messaging.operations.notices import purge_notices
from bienveille.engines.messaging.operations.posters import purge_posters
from bienveille.engines.messaging.operations.prints import purge_letter_files
from bienveille.engines.messaging.operations.sending import purge_deliveries, watch_deliveries
from bienveille.faces.api.operations import tidy_up
from bienveille.ground.platform.jobs import Job, schedule
from bienveille.ground.platform.operations import keep_notes, shorten_notes
from bienveille.register.accounts.operations import (
    mail_audit_head,
    purge_audit,
    purge_large_files,
    purge_sessions,
    seal_audit,
    watch_browsing,
)
from bienveille.register.housing.operations import end_watches_due
from bienveille.register.imports.operations import look_at_drops, purge_imports, watch_silence
from bienveille.register.partners.operations import forget_closed_partners
from bienveille.register.tenants.operations import purge_departed, purge_marks
from bienveille.services.letting.operations import give_back_homes
from bienveille.services.neighbourhood.operations import look_for_clusters, purge_relays, purge_watching
from bienveille.services.outreach.operations import fold_calls, free_absent_lists, purge_reports, purge_verbatims
from bienveille.services.outreach.operations.arrivals import update_lists
from bienveille.services.outreach.operations.erasing import purge_calls
from bienveille.services.outreach.operations.scales import purge_scales
from bienveille.services.outreach.operations.volunteers import forget_offers
from bienveille.services.outreach.operations.weekly_calls import bring_back_weekly

#: Read by the worker before its first job (setting SCHEDULE). Cron lines are in UTC. One thing more runs by itself and
#: is not here because the queue cannot do without it: `ground/platform/jobs.py` gives back, every ten seconds, the
#: jobs of a worker that died.
SCHEDULE: tuple[tuple[Job[[]], str, str], ...] = (
    (wake_queues, "* * * * *", "Households whose next try has come, or whose caller vanished, are offered again."),
    (fold_calls, "* * * * *", "Calls just saved join the counts that screens read."),
    (update_lists, "* * * * *", "After an import and each day, campaigns take newcomers in and let go those who left."),
    (free_absent_lists, "* * * * *", "Who no longer calls in a campaign keeps nobody waiting on their list."),
    (lay_openings_ahead, "10 2 * * *", "The hours of open campaigns are laid out for the months to come."),
    (look_at_drops, "* * * * *", "Exports that the landlord's software leaves in a folder are taken once whole."),
    (watch_silence, "0 6 * * *", "Exports that stop coming are noticed, in the morning."),
    (purge_imports, "20 2 * * *", "Files nobody imported in a week go, and cells shown beside old issues."),
    (purge_marks, "40 2 * * *", "Facts useful for care that have ended are erased, not only hidden."),
    (purge_calls, "13 3 * * *", "Calls of campaigns closed long ago lose their household; idle campaigns close."),
    (purge_departed, "15 3 * * *", "Who left long ago is erased, with all that hangs from them; figures stay."),
    (purge_scales, "47 2 * * *", "Answers to the short loneliness scale are erased on their last day."),
    (purge_reports, "43 2 * * *", "What calls revealed is erased on its last day; the counts of campaigns stay."),
    (purge_verbatims, "45 2 * * *", "Sentences that may be quoted are erased with the answers of their campaign."),
    (forget_offers, "20 3 * * *", "Who answered calls for volunteers is forgotten on the last day of each answer."),
    (bring_back_weekly, "10 3 * * *", "Regular calls go back to their usual caller on the day of return."),
    (forget_closed_partners, "55 2 * * *", "Names and numbers of partners closed for a year are erased."),
    (climb_ladders, "* * * * *", "Cases that nobody took alert whoever comes next, until somebody does."),
    (tell_mornings, "30 5 * * *", "Who has something late among the cases is told, on working mornings."),
    (watch_inbox, "17 * * * *", "Messages that nobody took within a day are told to who manages the agency."),
    (purge_inbox, "52 2 * * *", "Messages received are erased after a year."),
    (purge_cases, "55 2 * * *", "Closed cases are erased on their last day, with turns and absences gone by."),
    (watch_referrals, "10 6 * * *", "Partners who give no sign are written to again, and owners are told."),
    (purge_referrals, "57 2 * * *", "Referrals to partners are erased on their last day, and old codes."),
    (
        look_for_clusters,
        "5 3 * * *",
        "Places where a season stands out are proposed for a watch; old ones are forgotten.",
    ),
    (purge_watching, "48 2 * * *", "What was heard from a home and seen of a place is erased on its last day."),
    (purge_relays, "46 2 * * *", "Agreements of relay tenants are erased three months after their end."),
    (end_watches_due, "1 3 * * *", "Watches end by themselves after their last day."),
    (give_back_homes, "*/10 * * * *", "Homes kept in an emergency past their hour may be let to others."),
    (tidy_registers, "58 2 * * *", "Who died, left or became protected is on no municipal register of ours."),
    (start_planned, "* * * * *", "Mailings whose hour has come start by themselves."),
    (watch_deliveries, "* * * * *", "Messages nobody answered for are settled, other channels tried, mailings ended."),
    (purge_deliveries, "59 2 * * *", "Messages are erased a year after they ended; mailings keep their counts."),
    (purge_letter_files, "52 2 * * *", "Files of letters are erased a month after they were handed over."),
    (purge_posters, "53 2 * * *", "Photographs go a month after their poster, posters a year after it."),
    (purge_notices, "51 2 * * *", "Notices are erased a year after their end."),
    (purge_lists, "50 2 * * *", "Lists of the week go sixty days after their last day."),
    (keep_notes, "* * * * *", "What protects people is written outside, to be told again to a copy put back."),
    (shorten_notes, "35 3 * * *", "What no copy that is still kept needs is written outside no longer."),
    (seal_audit, "* * * * *", "What was just read and done is sealed, so that nobody rewrites it unseen."),
    (watch_browsing, "* * * * *", "Who goes through records that nobody handed them is told to the direction."),
    (mail_audit_head, "40 5 * * *", "The seal of the day leaves for whoever keeps it out of reach."),
    (purge_audit, "49 2 * * *", "Traces are erased after a year; a seal says so."),
    (purge_large_files, "48 2 * * *", "Who asked for long files, and who agreed, is erased after a year."),
    (purge_sessions, "17 * * * *", "Sessions that are over say who worked where, and open nothing any more."),
    (tidy_up, "27 * * * *", "Idempotency keys older than a day have kept their promise; idle rate limits say nothing."),
)

#: What comes to its last day is erased by these and nothing else: each with what it erases, in the words of `purge`.
PURGES: tuple[tuple[Job[[]], str], ...] = (
    (purge_imports, "Fichiers reçus et cellules montrées"),
    (purge_marks, "Repères"),
    (purge_reports, "Réponses aux appels"),
    (purge_scales, "Réponses à l’échelle de solitude"),
    (purge_verbatims, "Paroles recueillies"),
    (purge_inbox, "Messages reçus"),
    (purge_cases, "Situations"),
    (purge_referrals, "Relais vers des partenaires"),
    (tidy_registers, "Demandes d’inscription au registre communal"),
    (purge_deliveries, "Messages envoyés"),
    (purge_letter_files, "Fichiers des lettres"),
    (purge_posters, "Affiches et leurs photos"),
    (purge_notices, "Avis"),
    (purge_watching, "Ce qui a été vu ou entendu des lieux"),
    (purge_lists, "Listes de la semaine"),
    (forget_offers, "Réponses aux appels à volontaires"),
    (forget_closed_partners, "Fiches de partenaires fermés"),
    (purge_relays, "Accords de locataires relais"),
    (purge_calls, "Appels de campagnes closes"),
    (purge_departed, "Personnes parties"),
    (purge_audit, "Journal d’audit"),
    (purge_large_files, "Grands fichiers demandés"),
    (purge_sessions, "Sessions terminées"),
    (tidy_up, "Clés et compteurs techniques"),
)

for _job, _cron, _why in SCHEDULE:
    schedule(_job, _cron)
