CREATE TABLE "drills" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"job_id" text NOT NULL,
	"number" integer NOT NULL,
	"asked_by" text NOT NULL,
	"boot" boolean NOT NULL,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"result" text,
	"items" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"asked" jsonb DEFAULT '{}'::jsonb NOT NULL,
	CONSTRAINT "drills_result" CHECK ("drills"."result" in ('clean', 'critical', 'stopped')),
	CONSTRAINT "drills_ended" CHECK (("drills"."result" is null) = ("drills"."ended_at" is null))
);
--> statement-breakpoint
ALTER TABLE "drills" ADD CONSTRAINT "drills_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "drills_number" ON "drills" USING btree ("job_id","number");--> statement-breakpoint
CREATE UNIQUE INDEX "drills_one_running_per_job" ON "drills" USING btree ("job_id") WHERE "drills"."result" is null;