"""Everything that runs by itself: what, when and why, in one table. The jobs stand in the packages' operations."""

from bienveille.engines.cases.operations import climb_ladders, purge_cases, tell_mornings
from bienveille.engines.dispatch.operations import lay_openings_ahead, purge_lists, wake_queues
from bienveille.faces.api.operations import tidy_up
from bienveille.ground.platform.jobs import Job, schedule
from bienveille.register.imports.operations import look_at_drops, purge_imports, watch_silence
from bienveille.register.partners.operations import forget_closed_partners
from bienveille.register.tenants.operations import purge_marks
from bienveille.services.outreach.operations import fold_calls, free_absent_lists, purge_reports, purge_verbatims
from bienveille.services.outreach.operations.arrivals import update_lists
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
    (purge_scales, "47 2 * * *", "Answers to the short loneliness scale are erased on their last day."),
    (purge_reports, "43 2 * * *", "What calls revealed is erased on its last day; the counts of campaigns stay."),
    (purge_verbatims, "45 2 * * *", "Sentences that may be quoted are erased with the answers of their campaign."),
    (forget_offers, "20 3 * * *", "Who answered calls for volunteers is forgotten on the last day of each answer."),
    (bring_back_weekly, "10 3 * * *", "Regular calls go back to their usual caller on the day of return."),
    (forget_closed_partners, "55 2 * * *", "Names and numbers of partners closed for a year are erased."),
    (climb_ladders, "* * * * *", "Cases that nobody took alert whoever comes next, until somebody does."),
    (tell_mornings, "30 5 * * *", "Who has something late among the cases is told, on working mornings."),
    (purge_cases, "55 2 * * *", "Closed cases are erased on their last day, with turns and absences gone by."),
    (purge_lists, "50 2 * * *", "Lists of the week go sixty days after their last day."),
    (tidy_up, "27 * * * *", "Idempotency keys older than a day have kept their promise; idle rate limits say nothing."),
)

for _job, _cron, _why in SCHEDULE:
    schedule(_job, _cron)
