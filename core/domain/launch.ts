/** Instances that a person has launched to look at an image by hand (S5). */
import { z } from 'zod'

/** How the ledger tells them; the name and the image follow. */
export const LAUNCHED_BY = 'launched by'
/** And those that a verification has left standing because it was asked to. */
export const KEPT_BY = 'kept for'

/** What was asked for, as the ledger keeps it. Null: the installation's own. */
export const LaunchRequest = z.object({
  name: z.string(),
  /** The cloud's id of the image. */
  image: z.string(),
  types: z.array(z.string()).readonly().nullable(),
  zone: z.string(),
  vSwitch: z.string().nullable(),
  publicAddress: z.boolean().nullable(),
  /** ISO time at which the cloud releases it by itself. */
  releaseAt: z.string().nullable(),
})
export type LaunchRequest = z.infer<typeof LaunchRequest>

/** When the cloud releases a launched instance by itself; undefined when a person must. */
export function releaseTimeOf({ request }: { readonly request: unknown }): Date | undefined {
  const { data } = LaunchRequest.pick({ releaseAt: true }).safeParse(request)
  return data?.releaseAt == null ? undefined : new Date(data.releaseAt)
}

/** Whether a resource is a server that people look at, rather than one that Ferry works with. */
export function isLaunched({ kind, purpose }: { readonly kind: string; readonly purpose: string }): boolean {
  return kind === 'instance' && (purpose.startsWith(LAUNCHED_BY) || purpose.startsWith(KEPT_BY))
}
