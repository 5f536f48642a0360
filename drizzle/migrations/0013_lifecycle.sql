ALTER TABLE "connections" ADD COLUMN "display_name" text;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "paused_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "quota_used_bytes" bigint;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "quota_total_bytes" bigint;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "quota_checked_at" timestamp with time zone;