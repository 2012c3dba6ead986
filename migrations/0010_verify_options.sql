ALTER TABLE "verifications" DROP CONSTRAINT "verifications_verdict";--> statement-breakpoint
ALTER TABLE "cloud_resources" ADD COLUMN "address" text;--> statement-breakpoint
ALTER TABLE "verifications" ADD COLUMN "options" jsonb DEFAULT '{"part":"all","types":null,"zone":null,"vSwitch":null,"timeoutMs":null,"check":null,"publicNetwork":false,"keepInstance":false}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "verifications" ADD COLUMN "doing" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "verifications" ADD CONSTRAINT "verifications_verdict" CHECK ("verifications"."verdict" in ('Verified', 'Not Verified', 'Bytes Proven'));