CREATE TABLE "deliveries" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "deliveries_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"line_id" text NOT NULL,
	"notice_id" bigint NOT NULL,
	"message" text,
	"told_at" timestamp (3) with time zone,
	"given_up" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "lines" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"door" text NOT NULL,
	"place" jsonb NOT NULL,
	"is_digest" boolean NOT NULL,
	"due_at" timestamp (3) with time zone,
	"retry_at" timestamp (3) with time zone,
	"tries" integer DEFAULT 0 NOT NULL,
	"problem" text,
	"owner" text,
	"lease_until" timestamp (3) with time zone,
	CONSTRAINT "lines_door" CHECK ("lines"."door" in ('slack', 'github'))
);
--> statement-breakpoint
CREATE TABLE "posts" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"door" text NOT NULL,
	"kind" text NOT NULL,
	"subject_kind" text NOT NULL,
	"subject_id" text NOT NULL,
	"place" jsonb NOT NULL,
	"remote_id" text,
	"shown" text,
	"shown_at" timestamp (3) with time zone,
	"mark" text,
	"due_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"retry_at" timestamp (3) with time zone,
	"tries" integer DEFAULT 0 NOT NULL,
	"problem" text,
	"opened_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"closed_at" timestamp (3) with time zone,
	"owner" text,
	"lease_until" timestamp (3) with time zone,
	CONSTRAINT "posts_door" CHECK ("posts"."door" in ('slack', 'github')),
	CONSTRAINT "posts_kind" CHECK ("posts"."kind" in ('sync', 'job', 'approval', 'cutover', 'reply', 'check', 'gate', 'deployment')),
	CONSTRAINT "posts_subject" CHECK ("posts"."subject_kind" in ('job', 'sync', 'approval', 'cutover'))
);
--> statement-breakpoint
ALTER TABLE "approvals" ADD COLUMN "denied_by" text;--> statement-breakpoint
ALTER TABLE "approvals" ADD COLUMN "ended_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "shown_by" text;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "once" text;--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_line_id_lines_id_fk" FOREIGN KEY ("line_id") REFERENCES "public"."lines"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_notice_id_outbox_id_fk" FOREIGN KEY ("notice_id") REFERENCES "public"."outbox"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "deliveries_once" ON "deliveries" USING btree ("line_id","notice_id");--> statement-breakpoint
CREATE INDEX "deliveries_waiting" ON "deliveries" USING btree ("line_id","id") WHERE "deliveries"."told_at" is null and not "deliveries"."given_up";--> statement-breakpoint
CREATE INDEX "deliveries_told" ON "deliveries" USING btree ("line_id","told_at");--> statement-breakpoint
CREATE UNIQUE INDEX "lines_once" ON "lines" USING btree ("door","is_digest",md5("place"::text));--> statement-breakpoint
CREATE UNIQUE INDEX "posts_once" ON "posts" USING btree ("door","kind","subject_kind","subject_id",md5("place"::text));--> statement-breakpoint
CREATE INDEX "posts_open" ON "posts" USING btree ("door","due_at") WHERE "posts"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "posts_remote" ON "posts" USING btree ("door","remote_id");--> statement-breakpoint
CREATE INDEX "syncs_ended" ON "syncs" USING btree ("ended_at");--> statement-breakpoint
ALTER TABLE "outbox" ADD CONSTRAINT "outbox_once" UNIQUE("once");--> statement-breakpoint
ALTER TABLE "outbox" ADD CONSTRAINT "outbox_shown_by" CHECK ("outbox"."shown_by" in ('sync', 'approval'));