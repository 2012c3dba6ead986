CREATE TABLE "github_deliveries" (
	"id" text PRIMARY KEY NOT NULL,
	"number" bigint GENERATED ALWAYS AS IDENTITY (sequence name "github_deliveries_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"event" text NOT NULL,
	"place" text NOT NULL,
	"what" jsonb NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"due_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"owner" text,
	"lease_until" timestamp (3) with time zone,
	"tries" integer DEFAULT 0 NOT NULL,
	"problem" text,
	"followed_by" text,
	"done_at" timestamp (3) with time zone,
	"outcome" text
);
--> statement-breakpoint
CREATE TABLE "github_gates" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"repository" text NOT NULL,
	"repository_id" text NOT NULL,
	"installation_id" bigint NOT NULL,
	"run_id" text NOT NULL,
	"attempt" text NOT NULL,
	"environment" text NOT NULL,
	"asked_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"job" text,
	"requested_by" text,
	"approval" integer,
	"decision" text,
	"reason" text DEFAULT '' NOT NULL,
	"answered_at" timestamp (3) with time zone,
	"reports" integer DEFAULT 0 NOT NULL,
	"shown" text,
	"tries" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"owner" text,
	"lease_until" timestamp (3) with time zone,
	CONSTRAINT "github_gates_decision" CHECK ("github_gates"."decision" in ('approved', 'rejected'))
);
--> statement-breakpoint
ALTER TABLE "approvals" ADD COLUMN "carried_out_by" text DEFAULT 'approval' NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "github_deliveries_number" ON "github_deliveries" USING btree ("number");--> statement-breakpoint
CREATE INDEX "github_deliveries_open" ON "github_deliveries" USING btree ("place","number") WHERE "github_deliveries"."done_at" is null;--> statement-breakpoint
CREATE INDEX "github_deliveries_done" ON "github_deliveries" USING btree ("done_at");--> statement-breakpoint
CREATE UNIQUE INDEX "github_gates_one" ON "github_gates" USING btree ("repository_id","run_id","attempt",lower("environment"));--> statement-breakpoint
CREATE INDEX "github_gates_open" ON "github_gates" USING btree ("due_at") WHERE "github_gates"."answered_at" is null;--> statement-breakpoint
CREATE INDEX "github_gates_of_approval" ON "github_gates" USING btree ("approval");--> statement-breakpoint
ALTER TABLE "approvals" ADD CONSTRAINT "approvals_carried_out_by" CHECK ("approvals"."carried_out_by" in ('approval', 'run'));