-- Deferred, so that one statement may swap the refs of two tracks that were renamed into each other.
alter table "tracks" add constraint "tracks_connection_id_ref_unique" unique ("connection_id", "ref") deferrable initially deferred;--> statement-breakpoint
-- Counts of a minute: not worth a line in the log, and a crash may forget them.
alter table "rate_limits" set unlogged;
