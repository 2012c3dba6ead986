CREATE TABLE "destinations" (
	"id" text PRIMARY KEY NOT NULL,
	"instance_id" text NOT NULL,
	"look" jsonb,
	"problem" text,
	"looked_at" timestamp (3) with time zone,
	"swap" jsonb,
	"step" text,
	"way_back_asked_by" text,
	"epoch" bigint DEFAULT 0 NOT NULL,
	"due_at" timestamp (3) with time zone,
	"owner" text,
	"lease_until" timestamp (3) with time zone,
	"tries" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "jobs" DROP CONSTRAINT "jobs_target";--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "destination" text;--> statement-breakpoint
ALTER TABLE "destinations" ADD CONSTRAINT "destinations_id_jobs_id_fk" FOREIGN KEY ("id") REFERENCES "public"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "jobs_one_open_per_destination" ON "jobs" USING btree ("destination") WHERE "jobs"."state" not in ('completed', 'cancelled', 'cleared') and "jobs"."intermediate" <> 'lost';--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_destination" CHECK (("jobs"."target" = 'instance') = ("jobs"."destination" is not null));--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_target" CHECK ("jobs"."target" in ('image', 'instance'));