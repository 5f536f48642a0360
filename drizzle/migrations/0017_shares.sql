CREATE TABLE "share_guests" (
	"id" uuid PRIMARY KEY NOT NULL,
	"share_id" uuid NOT NULL,
	"guest_hash" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "share_guests_guest_hash_unique" UNIQUE("guest_hash","share_id")
);
--> statement-breakpoint
CREATE TABLE "share_listens" (
	"guest_id" uuid NOT NULL,
	"track_id" uuid NOT NULL,
	CONSTRAINT "share_listens_pkey" PRIMARY KEY("guest_id","track_id")
);
--> statement-breakpoint
CREATE TABLE "shares" (
	"id" uuid PRIMARY KEY NOT NULL,
	"band_id" uuid NOT NULL,
	"track_id" uuid NOT NULL,
	"created_by" uuid,
	"token_hash" text NOT NULL,
	"password_hash" text,
	"can_download" boolean NOT NULL,
	"expires_at" timestamp with time zone,
	"play_limit" integer,
	"play_count" integer DEFAULT 0 NOT NULL,
	"last_played_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "shares_token_hash_unique" UNIQUE("token_hash"),
	CONSTRAINT "shares_play_count_check" CHECK ("shares"."play_count" >= 0 and "shares"."play_limit" > 0)
);
--> statement-breakpoint
ALTER TABLE "share_guests" ADD CONSTRAINT "share_guests_share_id_shares_id_fk" FOREIGN KEY ("share_id") REFERENCES "public"."shares"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "share_listens" ADD CONSTRAINT "share_listens_guest_id_share_guests_id_fk" FOREIGN KEY ("guest_id") REFERENCES "public"."share_guests"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "share_listens" ADD CONSTRAINT "share_listens_track_id_tracks_id_fk" FOREIGN KEY ("track_id") REFERENCES "public"."tracks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_band_id_bands_id_fk" FOREIGN KEY ("band_id") REFERENCES "public"."bands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_track_id_tracks_id_fk" FOREIGN KEY ("track_id") REFERENCES "public"."tracks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "share_guests_share_id_index" ON "share_guests" USING btree ("share_id");--> statement-breakpoint
CREATE INDEX "share_guests_expires_at_index" ON "share_guests" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "share_listens_track_id_index" ON "share_listens" USING btree ("track_id");--> statement-breakpoint
CREATE INDEX "shares_band_id_index" ON "shares" USING btree ("band_id","id");--> statement-breakpoint
CREATE INDEX "shares_track_id_index" ON "shares" USING btree ("track_id");--> statement-breakpoint
CREATE INDEX "shares_created_by_index" ON "shares" USING btree ("created_by");