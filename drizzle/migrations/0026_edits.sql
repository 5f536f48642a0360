CREATE TABLE "naming_rules" (
	"band_id" uuid PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"rule" jsonb NOT NULL,
	"saved_by" uuid,
	"saved_at" timestamp with time zone,
	"applied_version" integer NOT NULL,
	"applied_until" uuid,
	CONSTRAINT "naming_rules_version_check" CHECK ("naming_rules"."applied_version" between 0 and "naming_rules"."version")
);
--> statement-breakpoint
CREATE TABLE "track_edits" (
	"id" uuid PRIMARY KEY NOT NULL,
	"band_id" uuid NOT NULL,
	"track_id" uuid NOT NULL,
	"edited_by" uuid,
	"edited_at" timestamp with time zone DEFAULT now() NOT NULL,
	"edits" jsonb NOT NULL,
	"changes" jsonb NOT NULL,
	"is_restored" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "recorded_on" date;--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "tags" jsonb;--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "edits" jsonb;--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "edit_id" uuid;--> statement-breakpoint
ALTER TABLE "naming_rules" ADD CONSTRAINT "naming_rules_band_id_bands_id_fk" FOREIGN KEY ("band_id") REFERENCES "public"."bands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "naming_rules" ADD CONSTRAINT "naming_rules_saved_by_users_id_fk" FOREIGN KEY ("saved_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "track_edits" ADD CONSTRAINT "track_edits_band_id_bands_id_fk" FOREIGN KEY ("band_id") REFERENCES "public"."bands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "track_edits" ADD CONSTRAINT "track_edits_track_id_tracks_id_fk" FOREIGN KEY ("track_id") REFERENCES "public"."tracks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "track_edits" ADD CONSTRAINT "track_edits_edited_by_users_id_fk" FOREIGN KEY ("edited_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "naming_rules_saved_by_index" ON "naming_rules" USING btree ("saved_by");--> statement-breakpoint
CREATE INDEX "track_edits_track_id_index" ON "track_edits" USING btree ("track_id","id");--> statement-breakpoint
CREATE INDEX "track_edits_band_id_index" ON "track_edits" USING btree ("band_id");--> statement-breakpoint
CREATE INDEX "track_edits_edited_by_index" ON "track_edits" USING btree ("edited_by");--> statement-breakpoint
CREATE INDEX "tracks_named_by_path_index" ON "tracks" USING btree ("band_id","id") WHERE "tracks"."is_named_by_path";--> statement-breakpoint
-- What was changed, when and to what stays written; it goes with its track alone. Whose account is gone
-- is not named any more, and two tracks that are found to be one have one history.
create function refuse_edit_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if pg_trigger_depth() > 1 then return old; end if;
  elsif (new.id, new.band_id, new.edited_at, new.edits, new.changes, new.is_restored)
    is not distinct from (old.id, old.band_id, old.edited_at, old.edits, old.changes, old.is_restored) then
    return new;
  end if;
  raise exception 'edits of tracks are only ever added' using errcode = 'insufficient_privilege';
end
$$;--> statement-breakpoint
create trigger track_edits_append_only before update or delete on track_edits
  for each row execute function refuse_edit_change();
