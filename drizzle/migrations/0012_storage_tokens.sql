CREATE TABLE "storage_tokens" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"scan_id" uuid NOT NULL,
	"lease" integer NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "storage_tokens" ADD CONSTRAINT "storage_tokens_scan_id_scans_id_fk" FOREIGN KEY ("scan_id") REFERENCES "public"."scans"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "storage_tokens_scan_id_index" ON "storage_tokens" USING btree ("scan_id");--> statement-breakpoint
CREATE INDEX "storage_tokens_expires_at_index" ON "storage_tokens" USING btree ("expires_at");