-- Nobody changes what has been written down, the owner of the table included.
create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'audit events are only ever added' using errcode = 'insufficient_privilege';
end
$$;--> statement-breakpoint
create trigger audit_events_append_only before update or delete on audit_events
  for each row execute function refuse_audit_change();--> statement-breakpoint
create trigger audit_events_no_truncate before truncate on audit_events
  for each statement execute function refuse_audit_change();
