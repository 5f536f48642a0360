CREATE TABLE "known_folders" (
	"connection_id" uuid NOT NULL,
	"ref" text NOT NULL,
	"path" text NOT NULL,
	"tree_tag" text NOT NULL,
	"file_count" integer NOT NULL,
	"file_bytes" bigint NOT NULL,
	"credential_version" integer NOT NULL,
	"listed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "known_folders_pkey" PRIMARY KEY("connection_id","ref")
);
--> statement-breakpoint
ALTER TABLE "scan_folders" ADD COLUMN "tree_tag" text;--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "folder" text GENERATED ALWAYS AS (regexp_replace(path, '/?[^/]*$', '')) STORED NOT NULL;--> statement-breakpoint
ALTER TABLE "known_folders" ADD CONSTRAINT "known_folders_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "tracks_folder_index" ON "tracks" USING btree ("connection_id","folder");