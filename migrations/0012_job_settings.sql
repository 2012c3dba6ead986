ALTER TABLE "images" ADD COLUMN "deleting" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "image_name" text DEFAULT 'ferry-{job}-{number}-{id}' NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "compression" text;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "connections" integer;--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_compression" CHECK ("jobs"."compression" in ('auto', 'on', 'off'));--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_connections" CHECK ("jobs"."connections" between 1 and 8);