"""A freed lock or a retry wakes the worker, which would else poll some seconds later.

The channel names are procrastinate's own: its version is pinned, and a test times a chain.
"""

from django.db import migrations

MAKE = """
CREATE FUNCTION atendo_wake_on_free_lock() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE payload text := json_build_object('type', 'job_inserted', 'job_id', NEW.id)::text;
BEGIN
  PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
  PERFORM pg_notify('procrastinate_any_queue_v1', payload);
  RETURN NULL;
END $$;
CREATE TRIGGER atendo_wake_on_free_lock AFTER UPDATE OF status ON procrastinate_jobs
  FOR EACH ROW WHEN (OLD.status = 'doing' AND NEW.status <> 'doing'
    AND (NEW.lock IS NOT NULL OR NEW.status = 'todo'))
  EXECUTE FUNCTION atendo_wake_on_free_lock();
"""
UNDO = """
DROP TRIGGER atendo_wake_on_free_lock ON procrastinate_jobs;
DROP FUNCTION atendo_wake_on_free_lock();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0001_initial"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]

    operations = [migrations.RunSQL(MAKE, UNDO)]
