-- The life of a job: a pair of states that the table `life` lacks cannot happen, whoever writes it.
create function jobs_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'ready' then
      raise exception using errcode = 'check_violation', constraint = 'jobs_life',
        message = format('a job begins ready, not %s', new.state);
    end if;
    return new;
  end if;
  if new.epoch < old.epoch then
    raise exception using errcode = 'check_violation', constraint = 'jobs_epoch',
      message = format('the epoch of job %s would fall from %s to %s', old.id, old.epoch, new.epoch);
  end if;
  if new.version < old.version then
    raise exception using errcode = 'check_violation', constraint = 'jobs_version',
      message = format('the version of job %s would fall from %s to %s', old.id, old.version, new.version);
  end if;
  if new.state <> old.state
    and not exists (select from life where from_state = old.state and to_state = new.state) then
    raise exception using errcode = 'check_violation', constraint = 'jobs_life',
      message = format('job %s cannot go from %s to %s', old.id, old.state, new.state);
  end if;
  return new;
end $$;
--> statement-breakpoint
create trigger jobs_guard before insert or update on jobs
  for each row execute function jobs_guard();
--> statement-breakpoint

-- Wake-ups. They are a courtesy: what is due is found by looking, a lost notification costs one polling period.
-- A column in milliseconds rounds now() up as often as down, hence the margin.
create function ring_work() returns trigger language plpgsql as $$
begin
  perform pg_notify('ferry_work', '');
  return null;
end $$;
--> statement-breakpoint
create trigger jobs_due after update of due_at on jobs
  for each row when (new.due_at < now() + interval '1 ms') execute function ring_work();
--> statement-breakpoint
create trigger verifications_due after insert or update of due_at on verifications
  for each row when (new.due_at < now() + interval '1 ms') execute function ring_work();
--> statement-breakpoint
create function ring_orders() returns trigger language plpgsql as $$
begin
  perform pg_notify('ferry_orders', source_id) from jobs where id = new.job_id;
  return null;
end $$;
--> statement-breakpoint
create trigger syncs_ordered after update of order_epoch on syncs
  for each row when (new.order_epoch is distinct from old.order_epoch) execute function ring_orders();
--> statement-breakpoint
-- The end of an order, as agent and receiver report it, is work for the engine that waits for it.
create trigger syncs_reported after update on syncs
  for each row when (
    new.agent_status <> old.agent_status and new.agent_status in ('done', 'stopped', 'failed')
    or new.sealed_roots is distinct from old.sealed_roots
    or new.receiver_fault is distinct from old.receiver_fault
  ) execute function ring_work();
--> statement-breakpoint

-- The audit: rows without gaps, each hash covering the row and the hash before it.
create function audit_hash(previous text, entry audit) returns text language sql stable as $$
  select encode(sha256(convert_to(previous || jsonb_build_array(
    entry.seq,
    to_char(entry.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    entry.job_id, entry.job, entry.person, entry.door, entry.action, entry.outcome, entry.facts
  )::text, 'UTF8')), 'hex')
$$;
--> statement-breakpoint
create function audit_chain() returns trigger language plpgsql volatile as $$
declare
  head record;
begin
  -- One writer at a time until its statement has committed. The head is read after the lock was had, with a new
  -- snapshot, as every query of a volatile function has one; the statement's own would miss who held it before.
  perform pg_advisory_xact_lock(hashtext('ferry audit'));
  select seq, hash into head from audit order by seq desc limit 1;
  new.seq := coalesce(head.seq, 0) + 1;
  new.at := clock_timestamp();
  new.hash := audit_hash(coalesce(head.hash, ''), new);
  return new;
end $$;
--> statement-breakpoint
create trigger audit_chain before insert on audit
  for each row execute function audit_chain();
--> statement-breakpoint
create function audit_stands() returns trigger language plpgsql as $$
begin
  raise exception 'the audit is only ever added to';
end $$;
--> statement-breakpoint
create trigger audit_stands before update or delete on audit
  for each row execute function audit_stands();
--> statement-breakpoint
create trigger audit_stands_whole before truncate on audit
  for each statement execute function audit_stands();
--> statement-breakpoint

-- The outbox: ids in the order in which rows become visible, so that no notice overtakes an earlier one.
create function outbox_order() returns trigger language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock(hashtext('ferry outbox'));
  select coalesce(max(id), 0) + 1 into new.id from outbox;
  return new;
end $$;
--> statement-breakpoint
create trigger outbox_order before insert on outbox
  for each row execute function outbox_order();
