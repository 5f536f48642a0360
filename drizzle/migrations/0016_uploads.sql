CREATE TABLE "upload_parts" (
	"upload_id" uuid NOT NULL,
	"index" integer NOT NULL,
	"receipt" jsonb,
	CONSTRAINT "upload_parts_pkey" PRIMARY KEY("upload_id","index")
);
--> statement-breakpoint
CREATE TABLE "uploads" (
	"id" uuid PRIMARY KEY NOT NULL,
	"band_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"name" text NOT NULL,
	"root_ref" text,
	"root_path" text NOT NULL,
	"folder" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"offset_bytes" bigint DEFAULT 0 NOT NULL,
	"part_bytes" bigint NOT NULL,
	"state" text NOT NULL,
	"message" text,
	"session" jsonb,
	"final_name" text,
	"retry_at" timestamp with time zone,
	"lease" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "uploads_state_check" CHECK ("uploads"."state" in ('receiving', 'finishing', 'done', 'failed')),
	CONSTRAINT "uploads_offset_check" CHECK ("uploads"."offset_bytes" between 0 and "uploads"."size_bytes")
);
--> statement-breakpoint
ALTER TABLE "bands" ADD COLUMN "upload_pattern" text;--> statement-breakpoint
ALTER TABLE "upload_parts" ADD CONSTRAINT "upload_parts_upload_id_uploads_id_fk" FOREIGN KEY ("upload_id") REFERENCES "public"."uploads"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_band_id_bands_id_fk" FOREIGN KEY ("band_id") REFERENCES "public"."bands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "uploads_user_id_index" ON "uploads" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "uploads_band_id_index" ON "uploads" USING btree ("band_id");--> statement-breakpoint
CREATE INDEX "uploads_connection_id_index" ON "uploads" USING btree ("connection_id");--> statement-breakpoint
CREATE INDEX "uploads_expires_at_index" ON "uploads" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "uploads_retry_at_index" ON "uploads" USING btree ("retry_at") WHERE "uploads"."state" = 'finishing';--> statement-breakpoint
CREATE UNIQUE INDEX "uploads_final_name_unique" ON "uploads" USING btree ("connection_id",md5("root_path" || '//' || "folder" || '/' || "final_name")) WHERE "uploads"."state" in ('receiving', 'finishing');