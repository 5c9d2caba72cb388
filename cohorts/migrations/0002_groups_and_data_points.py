
import django.db.models.deletion
from django.db import migrations, models


def store_bytes_plain(apps, schema_editor):
    """As the other bitmaps of a run (0001)."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER TABLE cohorts_importrun ALTER COLUMN absent_bits SET STORAGE EXTERNAL"
        )


class Migration(migrations.Migration):

    dependencies = [
        ('cohorts', '0001_initial'),
        ('keys', '0001_initial'),
        ('workspaces', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='cohort',
            name='group_began_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='cohort',
            name='group_key',
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='cohort',
            name='group_last_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='cohort',
            name='group_number',
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='importrun',
            name='absent_bits',
            field=models.BinaryField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='importrun',
            name='first_of_group',
            field=models.BooleanField(default=True),
        ),
        migrations.CreateModel(
            name='DataPoints',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('partner', models.SlugField(max_length=40)),
                ('cohort_id', models.CharField(max_length=255)),
                ('kind', models.CharField(choices=[('push', 'Push'), ('pull', 'Pull'), ('undo', 'Undo'), ('merge', 'Merge'), ('reapply', 'Re-apply'), ('name', 'Name'), ('deletion', 'Deletion')], max_length=10)),
                ('key', models.PositiveBigIntegerField(default=0)),
                ('added', models.PositiveBigIntegerField(default=0)),
                ('removed', models.PositiveBigIntegerField(default=0)),
                ('syncs', models.PositiveBigIntegerField(default=0)),
                ('resent', models.BigIntegerField(default=0)),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workspaces.workspace')),
            ],
        ),
        migrations.CreateModel(
            name='RunGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveBigIntegerField()),
                ('began_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('runs', models.PositiveIntegerField(default=1)),
                ('received', models.PositiveBigIntegerField(default=0)),
                ('added', models.PositiveBigIntegerField(default=0)),
                ('removed', models.PositiveBigIntegerField(default=0)),
                ('unchanged', models.PositiveBigIntegerField(default=0)),
                ('skipped_unknown', models.PositiveBigIntegerField(default=0)),
                ('skipped_identified', models.PositiveBigIntegerField(default=0)),
                ('first_sequence', models.PositiveBigIntegerField(blank=True, null=True)),
                ('last_sequence', models.PositiveBigIntegerField(blank=True, null=True)),
                ('size_after', models.PositiveBigIntegerField()),
                ('cohort', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='groups', to='cohorts.cohort')),
            ],
        ),
        migrations.AddField(
            model_name='importrun',
            name='group',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='cohorts.rungroup'),
        ),
        migrations.AddIndex(
            model_name='importrun',
            index=models.Index(condition=models.Q(('first_of_group', True)), fields=['workspace', '-id'], name='run_first_by_workspace'),
        ),
        migrations.AddIndex(
            model_name='importrun',
            index=models.Index(condition=models.Q(('first_of_group', True)), fields=['cohort', '-id'], name='run_first_by_cohort'),
        ),
        migrations.AddConstraint(
            model_name='datapoints',
            constraint=models.UniqueConstraint(fields=('workspace', 'day', 'partner', 'cohort_id', 'kind', 'key'), name='data_points_once_a_day'),
        ),
        migrations.AddConstraint(
            model_name='rungroup',
            constraint=models.UniqueConstraint(fields=('cohort', 'number'), name='group_once_per_cohort'),
        ),
        migrations.RunPython(store_bytes_plain, migrations.RunPython.noop),
    ]
