"""What a message said is never changed nor deleted: the database itself refuses once a mailing took the version."""

from django.db import migrations

CREATE = """
CREATE FUNCTION messaging_used_for_good() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM messaging_templateversion v
               WHERE v.used_at IS NOT NULL AND v.id IN (OLD.version_id, NEW.version_id)) THEN
        RAISE EXCEPTION 'a message was sent with this text' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER used_for_good BEFORE INSERT OR UPDATE OR DELETE ON messaging_text
FOR EACH ROW EXECUTE FUNCTION messaging_used_for_good();
CREATE FUNCTION messaging_version_used_for_good() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a message was sent with this version' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER version_used_for_good BEFORE UPDATE OR DELETE ON messaging_templateversion
FOR EACH ROW WHEN (OLD.used_at IS NOT NULL) EXECUTE FUNCTION messaging_version_used_for_good();
"""
DROP = """
DROP TRIGGER version_used_for_good ON messaging_templateversion;
DROP FUNCTION messaging_version_used_for_good();
DROP TRIGGER used_for_good ON messaging_text;
DROP FUNCTION messaging_used_for_good();
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0002_texts")]

    operations = [migrations.RunSQL(CREATE, DROP)]
