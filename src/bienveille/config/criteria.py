"""What audiences can ask, and for which purposes: put together here because audiences look below only."""

from bienveille.engines.audiences.rules import registry
from bienveille.register.housing import criteria as housing
from bienveille.register.tenants import criteria as tenants
from bienveille.services.letting import criteria as letting
from bienveille.services.outreach import criteria as outreach
from bienveille.services.outreach.choices import Purpose

#: Named by the setting AUDIENCE_CRITERIA.
CRITERIA = registry(housing.CRITERIA, tenants.CRITERIA, outreach.CRITERIA, letting.CRITERIA)

#: Named by the setting AUDIENCE_PURPOSES: purposes of the landlord's register of processing, value and label.
PURPOSES = [(purpose.value, str(purpose.label)) for purpose in Purpose]
