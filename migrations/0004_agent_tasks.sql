CREATE TABLE "agent_tasks" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"source_id" text NOT NULL,
	"job_id" text,
	"kind" text NOT NULL,
	"params" jsonb NOT NULL,
	"asked_by" text NOT NULL,
	"state" text DEFAULT 'asked' NOT NULL,
	"asked_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"reported_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"progress" jsonb DEFAULT '{"doneBytes":0,"totalBytes":0,"note":""}'::jsonb NOT NULL,
	"result" jsonb,
	"fault" jsonb,
	CONSTRAINT "agent_tasks_state" CHECK ("agent_tasks"."state" in ('asked', 'working', 'done', 'failed', 'stopped'))
);
--> statement-breakpoint
ALTER TABLE "agent_tasks" ADD CONSTRAINT "agent_tasks_source_id_sources_id_fk" FOREIGN KEY ("source_id") REFERENCES "public"."sources"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agent_tasks" ADD CONSTRAINT "agent_tasks_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "agent_tasks_one_open_of_a_kind" ON "agent_tasks" USING btree ("source_id","kind") WHERE "agent_tasks"."state" in ('asked', 'working');--> statement-breakpoint
CREATE INDEX "agent_tasks_of_source" ON "agent_tasks" USING btree ("source_id","kind","asked_at");