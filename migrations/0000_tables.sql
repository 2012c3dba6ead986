CREATE TABLE "images" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"job_id" text NOT NULL,
	"sync_id" text NOT NULL,
	"number" integer NOT NULL,
	"cloud_id" text NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"pinned" boolean DEFAULT false NOT NULL,
	"in_use" boolean DEFAULT false NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"roots" jsonb NOT NULL,
	"verdict" text,
	"consistency" text NOT NULL,
	CONSTRAINT "images_one_per_sync" UNIQUE("sync_id"),
	CONSTRAINT "images_verdict" CHECK ("images"."verdict" in ('Verified', 'Not Verified'))
);
--> statement-breakpoint
CREATE TABLE "job_disks" (
	"job_id" text NOT NULL,
	"index" integer NOT NULL,
	"path" text NOT NULL,
	"identity" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	CONSTRAINT "job_disks_job_id_index_pk" PRIMARY KEY("job_id","index")
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"name" text NOT NULL,
	"source_id" text NOT NULL,
	"state" text DEFAULT 'ready' NOT NULL,
	"resume" text,
	"fault" jsonb,
	"version" bigint DEFAULT 1 NOT NULL,
	"epoch" bigint DEFAULT 0 NOT NULL,
	"due_at" timestamp (3) with time zone,
	"owner" text,
	"lease_until" timestamp (3) with time zone,
	"tries" integer DEFAULT 0 NOT NULL,
	"target" text DEFAULT 'image' NOT NULL,
	"region" text NOT NULL,
	"zone" text NOT NULL,
	"auto" boolean NOT NULL,
	"interval_ms" bigint NOT NULL,
	"pending_interval_ms" bigint,
	"keep" integer NOT NULL,
	"next_sync_at" timestamp (3) with time zone,
	"intermediate" text DEFAULT 'none' NOT NULL,
	"completing" boolean DEFAULT false NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"created_by" text NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"cloned_from" text,
	"cost_told_at" timestamp (3) with time zone,
	CONSTRAINT "jobs_state" CHECK ("jobs"."state" in ('ready', 'preparing', 'syncing', 'waiting', 'pausing', 'paused', 'error', 'drilling', 'drill-exception', 'completing', 'completed', 'cancelling', 'cancelled', 'clearing', 'cleared')),
	CONSTRAINT "jobs_resume" CHECK ("jobs"."resume" in ('ready', 'preparing', 'syncing', 'waiting', 'completing', 'cancelling', 'clearing')),
	CONSTRAINT "jobs_target" CHECK ("jobs"."target" in ('image')),
	CONSTRAINT "jobs_interval" CHECK ("jobs"."interval_ms" between 3600000 and 604800000),
	CONSTRAINT "jobs_pending_interval" CHECK ("jobs"."pending_interval_ms" between 3600000 and 604800000),
	CONSTRAINT "jobs_keep" CHECK ("jobs"."keep" between 1 and 10),
	CONSTRAINT "jobs_intermediate" CHECK ("jobs"."intermediate" in ('none', 'creating', 'ready', 'lost', 'released'))
);
--> statement-breakpoint
CREATE TABLE "syncs" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"job_id" text NOT NULL,
	"number" integer NOT NULL,
	"kind" text NOT NULL,
	"trigger" text NOT NULL,
	"asked_by" text NOT NULL,
	"phase" text DEFAULT 'comparing' NOT NULL,
	"result" text,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"transferred_at" timestamp (3) with time zone,
	"image_id" text,
	"tries" integer DEFAULT 0 NOT NULL,
	"roots" jsonb,
	"order_epoch" bigint,
	"ordered_at" timestamp (3) with time zone,
	"agent_status" text DEFAULT 'silent' NOT NULL,
	"agent_reported_at" timestamp (3) with time zone,
	"agent_moved_at" timestamp (3) with time zone,
	"agent_roots" jsonb,
	"agent_fault" jsonb,
	"sealed_roots" jsonb,
	"receiver_fault" jsonb,
	"total_bytes" bigint DEFAULT 0 NOT NULL,
	"compared_bytes" bigint DEFAULT 0 NOT NULL,
	"changed_bytes" bigint DEFAULT 0 NOT NULL,
	"applied_bytes" bigint DEFAULT 0 NOT NULL,
	"wire_bytes" bigint DEFAULT 0 NOT NULL,
	"compare_rate" double precision DEFAULT 0 NOT NULL,
	"apply_rate" double precision DEFAULT 0 NOT NULL,
	"limited_by" text,
	"image_percent" integer DEFAULT 0 NOT NULL,
	"comparison" text DEFAULT '' NOT NULL,
	"progress_at" timestamp (3) with time zone,
	CONSTRAINT "syncs_kind" CHECK ("syncs"."kind" in ('full', 'incremental', 'final')),
	CONSTRAINT "syncs_trigger" CHECK ("syncs"."trigger" in ('schedule', 'manual')),
	CONSTRAINT "syncs_phase" CHECK ("syncs"."phase" in ('comparing', 'transferring', 'imaging')),
	CONSTRAINT "syncs_result" CHECK ("syncs"."result" in ('ok', 'cancelled', 'missed')),
	CONSTRAINT "syncs_ended" CHECK (("syncs"."result" is null) = ("syncs"."ended_at" is null)),
	CONSTRAINT "syncs_image_percent" CHECK ("syncs"."image_percent" between 0 and 100)
);
--> statement-breakpoint
CREATE TABLE "agents" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"source_id" text NOT NULL,
	"public_key" text NOT NULL,
	"code_hash" text NOT NULL,
	"code_expires_at" timestamp (3) with time zone NOT NULL,
	"version" text NOT NULL,
	"host" jsonb NOT NULL,
	"disks" jsonb NOT NULL,
	"enrolled_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"replaced_at" timestamp (3) with time zone,
	CONSTRAINT "agents_code" UNIQUE("code_hash")
);
--> statement-breakpoint
CREATE TABLE "sources" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"name" text NOT NULL,
	"code_hash" text,
	"code_expires_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sources_name" UNIQUE("name"),
	CONSTRAINT "sources_code" UNIQUE("code_hash")
);
--> statement-breakpoint
CREATE TABLE "approvals" (
	"number" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "approvals_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"job_id" text NOT NULL,
	"job_name" text NOT NULL,
	"job_version" bigint NOT NULL,
	"command" text NOT NULL,
	"args" jsonb NOT NULL,
	"requested_by" text NOT NULL,
	"requested_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"needed" integer NOT NULL,
	"approved_by" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"status" text DEFAULT 'open' NOT NULL,
	"evidence" jsonb NOT NULL,
	"reason" text,
	CONSTRAINT "approvals_status" CHECK ("approvals"."status" in ('open', 'approved', 'denied', 'expired', 'void', 'used')),
	CONSTRAINT "approvals_needed" CHECK ("approvals"."needed" between 1 and 10)
);
--> statement-breakpoint
CREATE TABLE "audit" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"job_id" text,
	"job" text,
	"person" text NOT NULL,
	"door" text NOT NULL,
	"action" text NOT NULL,
	"outcome" text NOT NULL,
	"facts" jsonb NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "life" (
	"from_state" text NOT NULL,
	"to_state" text NOT NULL,
	CONSTRAINT "life_from_state_to_state_pk" PRIMARY KEY("from_state","to_state")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" bigint PRIMARY KEY NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"job_id" text,
	"job" text,
	"severity" text NOT NULL,
	"title" text NOT NULL,
	"facts" jsonb NOT NULL,
	"owner" text,
	"lease_until" timestamp (3) with time zone,
	"delivered_at" timestamp (3) with time zone,
	CONSTRAINT "outbox_severity" CHECK ("outbox"."severity" in ('info', 'warning', 'error'))
);
--> statement-breakpoint
CREATE TABLE "seen_requests" (
	"key" text PRIMARY KEY NOT NULL,
	"until" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"name" text PRIMARY KEY NOT NULL,
	"value" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cloud_resources" (
	"key" text PRIMARY KEY NOT NULL,
	"job_id" text NOT NULL,
	"sync_id" text,
	"kind" text NOT NULL,
	"purpose" text NOT NULL,
	"cloud_id" text,
	"request" jsonb NOT NULL,
	"intended_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"released_at" timestamp (3) with time zone,
	"release_asked_by" text,
	CONSTRAINT "cloud_resources_kind" CHECK ("cloud_resources"."kind" in ('instance', 'disk', 'snapshot', 'image'))
);
--> statement-breakpoint
CREATE TABLE "intermediates" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"job_id" text NOT NULL,
	"mode" text NOT NULL,
	"resource_key" text NOT NULL,
	"token_hash" text NOT NULL,
	"carrier" boolean NOT NULL,
	"instance_id" text,
	"address" text,
	"machine_id" text,
	"public_key" text,
	"tls_pin" text,
	"port" integer,
	"receiver_version" text,
	"receiver_seen_at" timestamp (3) with time zone,
	"report" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "intermediates_key" UNIQUE("resource_key"),
	CONSTRAINT "intermediates_token" UNIQUE("token_hash"),
	CONSTRAINT "intermediates_machine" UNIQUE("machine_id"),
	CONSTRAINT "intermediates_mode" CHECK ("intermediates"."mode" in ('receive', 'inspect'))
);
--> statement-breakpoint
CREATE TABLE "verifications" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"number" integer GENERATED ALWAYS AS IDENTITY (sequence name "verifications_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"job_id" text NOT NULL,
	"image_id" text NOT NULL,
	"asked_by" text NOT NULL,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"verdict" text,
	"cause" text,
	"checks" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"epoch" bigint DEFAULT 0 NOT NULL,
	"due_at" timestamp (3) with time zone,
	"owner" text,
	"lease_until" timestamp (3) with time zone,
	"tries" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "verifications_number" UNIQUE("number"),
	CONSTRAINT "verifications_verdict" CHECK ("verifications"."verdict" in ('Verified', 'Not Verified'))
);
--> statement-breakpoint
ALTER TABLE "images" ADD CONSTRAINT "images_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "images" ADD CONSTRAINT "images_sync_id_syncs_id_fk" FOREIGN KEY ("sync_id") REFERENCES "public"."syncs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "job_disks" ADD CONSTRAINT "job_disks_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_source_id_sources_id_fk" FOREIGN KEY ("source_id") REFERENCES "public"."sources"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "syncs" ADD CONSTRAINT "syncs_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agents" ADD CONSTRAINT "agents_source_id_sources_id_fk" FOREIGN KEY ("source_id") REFERENCES "public"."sources"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approvals" ADD CONSTRAINT "approvals_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cloud_resources" ADD CONSTRAINT "cloud_resources_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cloud_resources" ADD CONSTRAINT "cloud_resources_sync_id_syncs_id_fk" FOREIGN KEY ("sync_id") REFERENCES "public"."syncs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "intermediates" ADD CONSTRAINT "intermediates_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "verifications" ADD CONSTRAINT "verifications_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "verifications" ADD CONSTRAINT "verifications_image_id_images_id_fk" FOREIGN KEY ("image_id") REFERENCES "public"."images"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "images_of_job" ON "images" USING btree ("job_id","number");--> statement-breakpoint
CREATE UNIQUE INDEX "jobs_name" ON "jobs" USING btree ("name") WHERE "jobs"."state" <> 'cleared';--> statement-breakpoint
CREATE UNIQUE INDEX "jobs_one_open_per_source" ON "jobs" USING btree ("source_id") WHERE "jobs"."state" not in ('completed', 'cancelled', 'cleared') and "jobs"."intermediate" <> 'lost';--> statement-breakpoint
CREATE INDEX "jobs_due" ON "jobs" USING btree ("due_at") WHERE "jobs"."due_at" is not null;--> statement-breakpoint
CREATE INDEX "jobs_leased" ON "jobs" USING btree ("lease_until") WHERE "jobs"."lease_until" is not null;--> statement-breakpoint
CREATE INDEX "jobs_next_sync" ON "jobs" USING btree ("next_sync_at") WHERE "jobs"."state" = 'waiting';--> statement-breakpoint
CREATE UNIQUE INDEX "syncs_number" ON "syncs" USING btree ("job_id","number");--> statement-breakpoint
CREATE UNIQUE INDEX "syncs_one_running_per_job" ON "syncs" USING btree ("job_id") WHERE "syncs"."result" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "agents_one_per_source" ON "agents" USING btree ("source_id") WHERE "agents"."replaced_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "approvals_one_open" ON "approvals" USING btree ("job_id","job_version","command",md5("args"::text)) WHERE "approvals"."status" = 'open';--> statement-breakpoint
CREATE INDEX "audit_of_job" ON "audit" USING btree ("job_id","seq");--> statement-breakpoint
CREATE INDEX "outbox_undelivered" ON "outbox" USING btree ("id") WHERE "outbox"."delivered_at" is null;--> statement-breakpoint
CREATE INDEX "seen_requests_until" ON "seen_requests" USING btree ("until");--> statement-breakpoint
CREATE INDEX "cloud_resources_open" ON "cloud_resources" USING btree ("job_id") WHERE "cloud_resources"."released_at" is null;--> statement-breakpoint
CREATE INDEX "cloud_resources_cloud_id" ON "cloud_resources" USING btree ("cloud_id");--> statement-breakpoint
CREATE INDEX "intermediates_of_job" ON "intermediates" USING btree ("job_id");--> statement-breakpoint
CREATE UNIQUE INDEX "verifications_one_running_per_image" ON "verifications" USING btree ("image_id") WHERE "verifications"."ended_at" is null;