"""What audiences can ask: every package's criteria, put together here because audiences look below only."""

from bienveille.engines.audiences.rules import registry
from bienveille.register.housing import criteria as housing
from bienveille.register.tenants import criteria as tenants
from bienveille.services.outreach import criteria as outreach

#: Named by the setting AUDIENCE_CRITERIA.
CRITERIA = registry(housing.CRITERIA, tenants.CRITERIA, outreach.CRITERIA)
