"""What a copy put back must be told again: changes that protect somebody, by table (`ground/platform/replay.py`)."""

from bienveille.ground.platform.replay import Noted

#: A right or a consent that comes back, a message to who asked for none: each would harm somebody.
REPLAYED = {
    "tenants.Person": Noted(
        columns=("opposed_on", "protected_address", "deceased", "deceased_on", "left_on", "merged_into"), gone=True
    ),
    "tenants.ContactPoint": Noted(columns=("status",), gone=True),
    "tenants.Relative": Noted(gone=True),
    "tenants.Mark": Noted(gone=True),
    "tenants.CallWish": Noted(gone=True),
    "messaging.Stop": Noted(made=True, gone=True),
    "neighbourhood.RelayTenant": Noted(columns=("ended_on",), gone=True),
    "outreach.Verbatim": Noted(
        columns=("state", "said", "shown", "refusal", "moderated_at", "moderated_by"), gone=True
    ),
    "outreach.CampaignCaller": Noted(gone=True),
    "cases.CaseReader": Noted(gone=True),
    "cases.ReferralLink": Noted(columns=("revoked_at",), gone=True),
    "accounts.User": Noted(columns=("is_active", "left_on", "password")),
    "accounts.RoleGrant": Noted(gone=True),
    "accounts.ApiToken": Noted(columns=("revoked_at",), gone=True),
    "accounts.Passkey": Noted(gone=True),
    "accounts.ProviderIdentity": Noted(gone=True),
    "accounts.CodeApp": Noted(gone=True),
    "accounts.RecoveryCode": Noted(columns=("used_at",), gone=True),
    "accounts.Invitation": Noted(columns=("used_at", "revoked_at"), gone=True),
}
