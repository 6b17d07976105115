"""A published version is never changed nor deleted: the database itself refuses, answers were given to those words."""

from django.db import migrations

CREATE = """
CREATE FUNCTION questionnaires_published_for_good() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'version % of questionnaire % is published for good', OLD.number, OLD.questionnaire_id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER published_for_good BEFORE UPDATE OR DELETE ON questionnaires_questionnaireversion
FOR EACH ROW EXECUTE FUNCTION questionnaires_published_for_good();
"""
DROP = """
DROP TRIGGER published_for_good ON questionnaires_questionnaireversion;
DROP FUNCTION questionnaires_published_for_good();
"""


class Migration(migrations.Migration):
    dependencies = [("questionnaires", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, DROP)]
