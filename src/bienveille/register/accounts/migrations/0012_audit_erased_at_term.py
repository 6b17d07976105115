"""Traces are erased at their term and no sooner; a seal is never rewritten. The database itself refuses the rest."""

from django.db import migrations

APPLY = """
CREATE OR REPLACE FUNCTION accounts_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('bienveille.erasing_audit', true) = 'on'
        AND OLD.at < now() - interval '180 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION accounts_audit_seal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('bienveille.erasing_audit', true) = 'on' AND NEW.lines = ''
        AND to_jsonb(NEW) - 'lines' = to_jsonb(OLD) - 'lines' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'seals of the audit log are append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON accounts_auditseal
FOR EACH ROW EXECUTE FUNCTION accounts_audit_seal_append_only();
"""
BACK = """
DROP TRIGGER append_only ON accounts_auditseal;
DROP FUNCTION accounts_audit_seal_append_only();
CREATE OR REPLACE FUNCTION accounts_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_audit_seals")]

    operations = [migrations.RunSQL(APPLY, BACK)]
