CREATE TABLE "waveforms" (
	"track_id" uuid PRIMARY KEY NOT NULL,
	"band_id" uuid NOT NULL,
	"added_at" timestamp with time zone NOT NULL,
	"is_wanted" boolean DEFAULT false NOT NULL,
	"state" text NOT NULL,
	"version" text NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"lease" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	"failure" text,
	"hash" text,
	"sample_rate_hz" integer,
	"samples_per_pixel" integer,
	"peaks" "bytea",
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "waveforms_state_check" CHECK ("waveforms"."state" in ('waiting', 'made', 'failed')),
	CONSTRAINT "waveforms_made_check" CHECK (("waveforms"."state" = 'made') = ("waveforms"."peaks" is not null))
);
--> statement-breakpoint
ALTER TABLE "storage_tokens" ALTER COLUMN "scan_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "storage_tokens" ADD COLUMN "track_id" uuid;--> statement-breakpoint
ALTER TABLE "waveforms" ADD CONSTRAINT "waveforms_track_id_tracks_id_fk" FOREIGN KEY ("track_id") REFERENCES "public"."tracks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waveforms" ADD CONSTRAINT "waveforms_band_id_bands_id_fk" FOREIGN KEY ("band_id") REFERENCES "public"."bands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "waveforms_waiting_index" ON "waveforms" USING btree ("is_wanted" DESC NULLS LAST,"added_at" DESC NULLS LAST) WHERE "waveforms"."state" = 'waiting';--> statement-breakpoint
CREATE INDEX "waveforms_band_id_index" ON "waveforms" USING btree ("band_id");--> statement-breakpoint
ALTER TABLE "storage_tokens" ADD CONSTRAINT "storage_tokens_track_id_waveforms_track_id_fk" FOREIGN KEY ("track_id") REFERENCES "public"."waveforms"("track_id") ON DELETE cascade ON UPDATE cascade;--> statement-breakpoint
CREATE INDEX "storage_tokens_track_id_index" ON "storage_tokens" USING btree ("track_id");--> statement-breakpoint
ALTER TABLE "storage_tokens" ADD CONSTRAINT "storage_tokens_one_check" CHECK (num_nonnulls("storage_tokens"."scan_id", "storage_tokens"."track_id") = 1);