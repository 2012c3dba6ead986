CREATE TABLE "cutover_jobs" (
	"number" integer NOT NULL,
	"job_id" text NOT NULL,
	"is_open" boolean DEFAULT true NOT NULL,
	CONSTRAINT "cutover_jobs_number_job_id_pk" PRIMARY KEY("number","job_id")
);
--> statement-breakpoint
CREATE TABLE "cutovers" (
	"number" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "cutovers_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"version" bigint DEFAULT 1 NOT NULL,
	"plan" jsonb NOT NULL,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "cutover_jobs" ADD CONSTRAINT "cutover_jobs_number_cutovers_number_fk" FOREIGN KEY ("number") REFERENCES "public"."cutovers"("number") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cutover_jobs" ADD CONSTRAINT "cutover_jobs_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "cutover_jobs_in_one" ON "cutover_jobs" USING btree ("job_id") WHERE "cutover_jobs"."is_open";