CREATE TABLE "answers" (
	"key" text PRIMARY KEY NOT NULL,
	"digest" text NOT NULL,
	"until" timestamp (3) with time zone NOT NULL,
	"lease_until" timestamp (3) with time zone NOT NULL,
	"reply" jsonb
);
--> statement-breakpoint
CREATE INDEX "answers_until" ON "answers" USING btree ("until");--> statement-breakpoint
CREATE INDEX "audit_with_key" ON "audit" USING btree (("facts" ->> 'key')) WHERE "audit"."facts" ? 'key';