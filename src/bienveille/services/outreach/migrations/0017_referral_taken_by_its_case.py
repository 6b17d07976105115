from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("outreach", "0016_referrals_become_cases")]

    operations = [
        migrations.RemoveConstraint(model_name="referral", name="referral_taken"),
        migrations.RemoveField(model_name="referral", name="taken_at"),
        migrations.RemoveField(model_name="referral", name="taken_by"),
    ]
