CREATE TABLE "button_references" (
	"hash" text PRIMARY KEY NOT NULL,
	"meaning" jsonb NOT NULL,
	"person" text,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_by" jsonb DEFAULT '{}' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workspaces" (
	"id" text PRIMARY KEY NOT NULL,
	"installation" text,
	"installed_at" timestamp (3) with time zone,
	"plain_until" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE INDEX "button_references_expires" ON "button_references" USING btree ("expires_at");