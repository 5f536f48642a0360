CREATE TABLE "account_clouds" (
	"id" uuid PRIMARY KEY NOT NULL,
	"url" text NOT NULL,
	"product" text NOT NULL,
	"username" text NOT NULL,
	"sealed_password" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cloud_accounts" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"cloud_id" uuid NOT NULL,
	"username" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "cloud_accounts" ADD CONSTRAINT "cloud_accounts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cloud_accounts" ADD CONSTRAINT "cloud_accounts_cloud_id_account_clouds_id_fk" FOREIGN KEY ("cloud_id") REFERENCES "public"."account_clouds"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "account_clouds_one_unique" ON "account_clouds" USING btree ((true));--> statement-breakpoint
CREATE UNIQUE INDEX "cloud_accounts_username_unique" ON "cloud_accounts" USING btree ("cloud_id","username");