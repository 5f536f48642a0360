CREATE TABLE "nextcloud_logins" (
	"id" uuid PRIMARY KEY NOT NULL,
	"band_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"session_id" uuid NOT NULL,
	"connection_id" uuid,
	"sealed_state" text,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "nextcloud_logins" ADD CONSTRAINT "nextcloud_logins_band_id_bands_id_fk" FOREIGN KEY ("band_id") REFERENCES "public"."bands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "nextcloud_logins" ADD CONSTRAINT "nextcloud_logins_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "nextcloud_logins" ADD CONSTRAINT "nextcloud_logins_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "nextcloud_logins" ADD CONSTRAINT "nextcloud_logins_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "nextcloud_logins_user_id_index" ON "nextcloud_logins" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "nextcloud_logins_band_id_index" ON "nextcloud_logins" USING btree ("band_id");--> statement-breakpoint
CREATE INDEX "nextcloud_logins_session_id_index" ON "nextcloud_logins" USING btree ("session_id");--> statement-breakpoint
CREATE INDEX "nextcloud_logins_connection_id_index" ON "nextcloud_logins" USING btree ("connection_id");--> statement-breakpoint
CREATE INDEX "nextcloud_logins_expires_at_index" ON "nextcloud_logins" USING btree ("expires_at");