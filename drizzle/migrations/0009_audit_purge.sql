-- What has been written down stays as it is, whoever asks, the owner of the table included. But of
-- whoever deleted their account 30 days ago nothing stays: what is about them may be deleted, and where
-- they did something to others or to the server, who it was and from where may be blanked.
create function is_forgotten(id uuid) returns boolean language sql stable as $$
  select exists (
    select from users where users.id = is_forgotten.id and users.deleted_at < now() - interval '30 days'
  )
$$;--> statement-breakpoint
create or replace function refuse_audit_change() returns trigger language plpgsql as $$
declare
  who constant text[] := '{actor_id,ip_address,user_agent}';
begin
  if tg_op = 'DELETE' then
    if is_forgotten(old.subject_id) then
      return old;
    end if;
  elsif tg_op = 'UPDATE' then
    if is_forgotten(old.actor_id)
      and new.actor_id is null and new.ip_address is null and new.user_agent is null
      and to_jsonb(new) - who = to_jsonb(old) - who
    then
      return new;
    end if;
  end if;
  raise exception 'audit events are only ever added' using errcode = 'insufficient_privilege';
end
$$;
