CREATE TABLE "freeze_all" (
	"one" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"frozen" jsonb,
	CONSTRAINT "freeze_all_one" CHECK ("freeze_all"."one")
);
--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "deferral" text;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "windows" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "frozen" jsonb;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "lock" jsonb;--> statement-breakpoint
ALTER TABLE "syncs" ADD COLUMN "services_stopped" boolean DEFAULT false NOT NULL;