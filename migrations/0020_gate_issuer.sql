DROP INDEX "github_gates_one";--> statement-breakpoint
ALTER TABLE "github_gates" ADD COLUMN "issuer" text DEFAULT 'https://token.actions.githubusercontent.com' NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "github_gates_one" ON "github_gates" USING btree ("issuer","repository_id","run_id","attempt",lower("environment"));