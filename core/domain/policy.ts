/** The policy file `ferry.yaml`: who may do what, and where things are made in the cloud. */
import { z } from 'zod'

export const ROLES = ['viewer', 'operator', 'approver', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Whether `role` includes what `needed` may do: viewer < operator < approver < admin. */
export function mayAct(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}

export const Person = z.strictObject({
  name: z
    .string()
    .regex(
      /^[a-z][a-z0-9._-]{0,39}$/,
      'a name is 1 to 40 of a-z, 0-9, dot, dash, underscore, a letter first',
    ),
  role: z.enum(ROLES),
  /** SHA-256 of the person's token for CLI and API, as `sha256:<hex>`: the token itself is never in the file. */
  tokens: z
    .array(z.string().regex(/^sha256:[0-9a-f]{64}$/, 'a token is given as sha256:<64 hex digits>'))
    .default([]),
  slack: z.string().optional(),
  github: z.string().optional(),
})
export type Person = z.infer<typeof Person>

export const Policy = z.strictObject({
  people: z.array(Person).min(1, 'name at least one person'),
  /** How many other people must approve a final command before it runs. */
  approvals: z.record(z.string(), z.int().min(0).max(10)).default({ complete: 1 }),
  /** Jobs, by name or with `*`, whose last sync may run while services write; its image is as after a power cut. */
  crash_consistent: z
    .array(
      z
        .string()
        .regex(/^[a-z0-9*-]{1,40}$/, 'a pattern is the name of a job, in which * stands for anything'),
    )
    .default([]),
  cloud: z
    .strictObject({
      region: z.string().default('cn-hangzhou'),
      zone: z.string().optional(),
      vswitch: z.string().optional(),
      security_group: z.string().optional(),
      /** Tried in order when one is sold out. */
      instance_types: z
        .array(z.string())
        .min(1)
        .default(['ecs.t6-c1m1.large', 'ecs.t5-lc1m2.small', 'ecs.g6.large']),
      /** The public Linux image that the intermediate runs. */
      base_image: z.string().optional(),
      public_address: z.boolean().default(true),
      /** What snapshots cost by the account's price list: the cloud has no call that tells. */
      snapshot_price: z
        .strictObject({
          per_gib_month: z.number().min(0).max(1000),
          currency: z.string().regex(/^[A-Z]{3}$/, 'a currency is three letters, such as CNY'),
        })
        .optional(),
    })
    .prefault({}),
})
export type Policy = z.infer<typeof Policy>

/** A misspelt command under `approvals` would leave the meant one unguarded. `commands`: the names there are. */
export function unknownApprovals(policy: Policy, commands: readonly string[]): readonly string[] {
  return Object.keys(policy.approvals).filter((name) => !commands.includes(name))
}

/** How many approvals a command needs (design: `complete` one, the rest none until the policy names them). */
export function approvalsNeeded(policy: Policy, command: string): number {
  return policy.approvals[command] ?? (command === 'complete' ? 1 : 0)
}

/** Whether a last sync of this job may run without its services being stopped. */
export function mayCrashConsistently(policy: Pick<Policy, 'crash_consistent'>, job: string): boolean {
  return policy.crash_consistent.some((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(job))
}
