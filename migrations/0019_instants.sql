ALTER TABLE "jobs" ADD COLUMN "hold_ms" bigint DEFAULT 2000;--> statement-breakpoint
ALTER TABLE "syncs" ADD COLUMN "instant" jsonb;--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_hold" CHECK ("jobs"."hold_ms" between 100 and 30000);