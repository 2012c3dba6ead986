-- A new task wakes the request for orders that its agent holds open; the end of one is work for whoever waits for it.
create function ring_task() returns trigger language plpgsql as $$
begin
  perform pg_notify('ferry_orders', new.source_id);
  return null;
end $$;
--> statement-breakpoint
create trigger agent_tasks_asked after insert on agent_tasks
  for each row execute function ring_task();
--> statement-breakpoint
create trigger agent_tasks_ended after update of state on agent_tasks
  for each row when (new.ended_at is not null and old.ended_at is null) execute function ring_work();
