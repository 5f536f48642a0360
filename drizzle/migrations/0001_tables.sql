CREATE TABLE "bands" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"is_personal" boolean NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "members" (
	"band_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"role" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "members_pkey" PRIMARY KEY("band_id","user_id"),
	CONSTRAINT "members_role_check" CHECK ("members"."role" in ('listener', 'editor', 'owner'))
);
--> statement-breakpoint
CREATE TABLE "rate_limits" (
	"key" text PRIMARY KEY NOT NULL,
	"hits" integer NOT NULL,
	"window_ends_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "refresh_tokens" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"session_id" uuid NOT NULL,
	"generation" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"spent_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"remember_me" boolean NOT NULL,
	"user_agent" text NOT NULL,
	"ip_address" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone DEFAULT now() NOT NULL,
	"authenticated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"idle_expires_at" timestamp with time zone NOT NULL,
	"absolute_expires_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone,
	"revoked_because" text
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"key" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "setup_tokens" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"email_key" text NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"password_hash" text,
	"email_verified_at" timestamp with time zone,
	"suspended_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_role_check" CHECK ("users"."role" in ('user', 'creator', 'admin'))
);
--> statement-breakpoint
CREATE TABLE "connections" (
	"id" uuid PRIMARY KEY NOT NULL,
	"band_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"name" text NOT NULL,
	"identity" text,
	"product" text,
	"sealed_credential" text NOT NULL,
	"credential_version" integer DEFAULT 1 NOT NULL,
	"has_root" boolean DEFAULT false NOT NULL,
	"root_ref" text,
	"root_path" text,
	"is_demo" boolean DEFAULT false NOT NULL,
	"is_primary" boolean NOT NULL,
	"health" text DEFAULT 'active' NOT NULL,
	"health_message" text,
	"unavailable_since" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "connections_health_check" CHECK ("connections"."health" in ('active', 'needs_reconnect', 'unavailable', 'paused'))
);
--> statement-breakpoint
CREATE TABLE "covers" (
	"band_id" uuid NOT NULL,
	"hash" text NOT NULL,
	"small" "bytea" NOT NULL,
	"large" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "covers_pkey" PRIMARY KEY("band_id","hash")
);
--> statement-breakpoint
CREATE TABLE "scan_entries" (
	"scan_id" uuid NOT NULL,
	"ref" text NOT NULL,
	"path" text NOT NULL,
	"file_id" text,
	"size_bytes" bigint,
	"etag" text,
	"modified_at" timestamp with time zone,
	CONSTRAINT "scan_entries_pkey" PRIMARY KEY("scan_id","ref")
);
--> statement-breakpoint
CREATE TABLE "scan_folders" (
	"scan_id" uuid NOT NULL,
	"ref" text NOT NULL,
	"path" text NOT NULL,
	"state" text NOT NULL,
	"failure" text,
	CONSTRAINT "scan_folders_pkey" PRIMARY KEY("scan_id","ref")
);
--> statement-breakpoint
CREATE TABLE "scans" (
	"id" uuid PRIMARY KEY NOT NULL,
	"connection_id" uuid NOT NULL,
	"band_id" uuid NOT NULL,
	"requested_by" uuid,
	"state" text NOT NULL,
	"confirm_missing" boolean DEFAULT false NOT NULL,
	"lease" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	"cancel_requested_at" timestamp with time zone,
	"found" integer DEFAULT 0 NOT NULL,
	"to_read" integer DEFAULT 0 NOT NULL,
	"read" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"bytes_read" bigint DEFAULT 0 NOT NULL,
	"library_bytes" bigint DEFAULT 0 NOT NULL,
	"added" integer DEFAULT 0 NOT NULL,
	"changed" integer DEFAULT 0 NOT NULL,
	"moved" integer DEFAULT 0 NOT NULL,
	"missing" integer DEFAULT 0 NOT NULL,
	"withheld" integer DEFAULT 0 NOT NULL,
	"message" text,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "scans_state_check" CHECK ("scans"."state" in ('queued', 'listing', 'reading', 'done', 'failed', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "tracks" (
	"id" uuid PRIMARY KEY NOT NULL,
	"band_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"ref" text NOT NULL,
	"path" text NOT NULL,
	"file_id" text,
	"size_bytes" bigint NOT NULL,
	"etag" text,
	"modified_at" timestamp with time zone,
	"fingerprint" text,
	"state" text NOT NULL,
	"failure" text,
	"missing_since" timestamp with time zone,
	"is_read" boolean NOT NULL,
	"title" text NOT NULL,
	"artist" text,
	"album" text,
	"album_artist" text,
	"track_number" integer,
	"disc_number" integer,
	"year" integer,
	"genre" text,
	"duration_ms" integer,
	"codec" text,
	"bitrate_bps" integer,
	"sample_rate_hz" integer,
	"channels" integer,
	"cover_hash" text,
	"sort_title" text collate "C" NOT NULL,
	"sort_artist" text collate "C" NOT NULL,
	"sort_album" text collate "C" NOT NULL,
	"sort_duration_ms" integer NOT NULL,
	"search_text" text NOT NULL,
	"added_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tracks_state_check" CHECK ("tracks"."state" in ('present', 'missing', 'failed')),
	CONSTRAINT "tracks_size_check" CHECK ("tracks"."size_bytes" >= 0)
);
--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_band_id_bands_id_fk" FOREIGN KEY ("band_id") REFERENCES "public"."bands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_band_id_bands_id_fk" FOREIGN KEY ("band_id") REFERENCES "public"."bands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "covers" ADD CONSTRAINT "covers_band_id_bands_id_fk" FOREIGN KEY ("band_id") REFERENCES "public"."bands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scan_entries" ADD CONSTRAINT "scan_entries_scan_id_scans_id_fk" FOREIGN KEY ("scan_id") REFERENCES "public"."scans"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scan_folders" ADD CONSTRAINT "scan_folders_scan_id_scans_id_fk" FOREIGN KEY ("scan_id") REFERENCES "public"."scans"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scans" ADD CONSTRAINT "scans_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scans" ADD CONSTRAINT "scans_band_id_bands_id_fk" FOREIGN KEY ("band_id") REFERENCES "public"."bands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scans" ADD CONSTRAINT "scans_requested_by_users_id_fk" FOREIGN KEY ("requested_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tracks" ADD CONSTRAINT "tracks_band_id_bands_id_fk" FOREIGN KEY ("band_id") REFERENCES "public"."bands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tracks" ADD CONSTRAINT "tracks_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "members_user_id_index" ON "members" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "refresh_tokens_session_generation_unique" ON "refresh_tokens" USING btree ("session_id","generation");--> statement-breakpoint
CREATE INDEX "sessions_user_id_index" ON "sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "sessions_absolute_expires_at_index" ON "sessions" USING btree ("absolute_expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "users_email_key_unique" ON "users" USING btree ("email_key");--> statement-breakpoint
CREATE INDEX "connections_band_id_index" ON "connections" USING btree ("band_id");--> statement-breakpoint
CREATE UNIQUE INDEX "connections_one_primary_unique" ON "connections" USING btree ("band_id") WHERE "connections"."is_primary";--> statement-breakpoint
CREATE INDEX "scan_folders_state_index" ON "scan_folders" USING btree ("scan_id","state");--> statement-breakpoint
CREATE INDEX "scans_connection_id_index" ON "scans" USING btree ("connection_id","started_at");--> statement-breakpoint
CREATE UNIQUE INDEX "scans_one_running_unique" ON "scans" USING btree ("connection_id") WHERE "scans"."state" in ('queued', 'listing', 'reading');--> statement-breakpoint
CREATE INDEX "tracks_connection_id_index" ON "tracks" USING btree ("connection_id","state");--> statement-breakpoint
CREATE INDEX "tracks_fingerprint_index" ON "tracks" USING btree ("connection_id","fingerprint");--> statement-breakpoint
CREATE INDEX "tracks_file_id_index" ON "tracks" USING btree ("connection_id","file_id");--> statement-breakpoint
CREATE INDEX "tracks_unread_index" ON "tracks" USING btree ("connection_id","id") WHERE not "tracks"."is_read";--> statement-breakpoint
CREATE INDEX "tracks_sort_title_index" ON "tracks" USING btree ("band_id","sort_title","id");--> statement-breakpoint
CREATE INDEX "tracks_sort_artist_index" ON "tracks" USING btree ("band_id","sort_artist","id");--> statement-breakpoint
CREATE INDEX "tracks_sort_album_index" ON "tracks" USING btree ("band_id","sort_album","id");--> statement-breakpoint
CREATE INDEX "tracks_sort_added_index" ON "tracks" USING btree ("band_id","added_at","id");--> statement-breakpoint
CREATE INDEX "tracks_sort_duration_index" ON "tracks" USING btree ("band_id","sort_duration_ms","id");--> statement-breakpoint
CREATE INDEX "tracks_search_index" ON "tracks" USING gin ("search_text" gin_trgm_ops);