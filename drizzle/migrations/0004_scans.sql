DROP INDEX "tracks_search_index";--> statement-breakpoint
ALTER TABLE "scan_entries" ADD COLUMN "track_id" uuid;--> statement-breakpoint
ALTER TABLE "scan_folders" ADD COLUMN "cover_ref" text;--> statement-breakpoint
ALTER TABLE "scans" ADD COLUMN "enqueued_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "scans" ADD COLUMN "is_repeated" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "scans" ADD COLUMN "folders_found" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "scans" ADD COLUMN "folders_done" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "scans" ADD COLUMN "folders_failed" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "is_named_by_path" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "tracks_not_present_index" ON "tracks" USING btree ("band_id","state") WHERE "tracks"."state" <> 'present';--> statement-breakpoint
CREATE INDEX "tracks_search_index" ON "tracks" USING gin ("band_id","search_text" gin_trgm_ops);