CREATE TABLE "rehearsal_takes" (
	"track_id" uuid PRIMARY KEY NOT NULL,
	"rehearsal_id" uuid NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rehearsals" (
	"id" uuid PRIMARY KEY NOT NULL,
	"band_id" uuid NOT NULL,
	"held_on" date NOT NULL,
	"title" text NOT NULL,
	"notes" text NOT NULL,
	"created_by" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "shares" ALTER COLUMN "track_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "comments" ADD COLUMN "guest_name" text;--> statement-breakpoint
ALTER TABLE "comments" ADD COLUMN "share_id" uuid;--> statement-breakpoint
ALTER TABLE "shares" ADD COLUMN "playlist_id" uuid;--> statement-breakpoint
ALTER TABLE "shares" ADD COLUMN "rehearsal_id" uuid;--> statement-breakpoint
ALTER TABLE "shares" ADD COLUMN "can_comment" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "rehearsal_takes" ADD CONSTRAINT "rehearsal_takes_track_id_tracks_id_fk" FOREIGN KEY ("track_id") REFERENCES "public"."tracks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "rehearsal_takes" ADD CONSTRAINT "rehearsal_takes_rehearsal_id_rehearsals_id_fk" FOREIGN KEY ("rehearsal_id") REFERENCES "public"."rehearsals"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "rehearsals" ADD CONSTRAINT "rehearsals_band_id_bands_id_fk" FOREIGN KEY ("band_id") REFERENCES "public"."bands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "rehearsals" ADD CONSTRAINT "rehearsals_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "rehearsal_takes_rehearsal_id_index" ON "rehearsal_takes" USING btree ("rehearsal_id");--> statement-breakpoint
CREATE INDEX "rehearsals_band_id_index" ON "rehearsals" USING btree ("band_id","held_on","id");--> statement-breakpoint
CREATE INDEX "rehearsals_created_by_index" ON "rehearsals" USING btree ("created_by");--> statement-breakpoint
ALTER TABLE "comments" ADD CONSTRAINT "comments_share_id_shares_id_fk" FOREIGN KEY ("share_id") REFERENCES "public"."shares"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_playlist_id_playlists_id_fk" FOREIGN KEY ("playlist_id") REFERENCES "public"."playlists"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_rehearsal_id_rehearsals_id_fk" FOREIGN KEY ("rehearsal_id") REFERENCES "public"."rehearsals"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "comments_share_id_index" ON "comments" USING btree ("share_id","track_id");--> statement-breakpoint
CREATE INDEX "shares_playlist_id_index" ON "shares" USING btree ("playlist_id");--> statement-breakpoint
CREATE INDEX "shares_rehearsal_id_index" ON "shares" USING btree ("rehearsal_id");--> statement-breakpoint
ALTER TABLE "comments" ADD CONSTRAINT "comments_guest_check" CHECK ("comments"."guest_name" is null or "comments"."author_id" is null and length("comments"."guest_name") between 1 and 60);--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_leads_to_check" CHECK (num_nonnulls("shares"."track_id", "shares"."playlist_id", "shares"."rehearsal_id") = 1);