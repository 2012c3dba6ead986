ALTER TABLE "syncs" ADD COLUMN "earlier_applied_bytes" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "syncs" ADD COLUMN "earlier_wire_bytes" bigint DEFAULT 0 NOT NULL;