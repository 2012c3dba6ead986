ALTER TABLE "approvals" ALTER COLUMN "evidence" SET DATA TYPE json;--> statement-breakpoint
ALTER TABLE "outbox" ALTER COLUMN "facts" SET DATA TYPE json;--> statement-breakpoint
CREATE INDEX "deliveries_notice" ON "deliveries" USING btree ("notice_id");--> statement-breakpoint
CREATE INDEX "posts_closed" ON "posts" USING btree ("closed_at") WHERE "posts"."closed_at" is not null;