ALTER TABLE "cloud_resources" ADD COLUMN "outlives_job" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "cloud_resources" ADD COLUMN "price" jsonb;--> statement-breakpoint
ALTER TABLE "cloud_resources" ADD COLUMN "priced_at" timestamp (3) with time zone;