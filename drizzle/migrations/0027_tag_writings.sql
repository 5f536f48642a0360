CREATE TABLE "tag_writings" (
	"track_id" uuid PRIMARY KEY NOT NULL,
	"band_id" uuid NOT NULL,
	"state" text NOT NULL,
	"message" text,
	"written" jsonb,
	"pending" jsonb,
	"tries" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"lease" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	"written_at" timestamp with time zone,
	CONSTRAINT "tag_writings_state_check" CHECK ("tag_writings"."state" in ('waiting', 'written', 'failed', 'beside'))
);
--> statement-breakpoint
ALTER TABLE "bands" ADD COLUMN "writes_tags" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tag_writings" ADD CONSTRAINT "tag_writings_track_id_tracks_id_fk" FOREIGN KEY ("track_id") REFERENCES "public"."tracks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tag_writings" ADD CONSTRAINT "tag_writings_band_id_bands_id_fk" FOREIGN KEY ("band_id") REFERENCES "public"."bands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "tag_writings_band_id_index" ON "tag_writings" USING btree ("band_id","state");