/** What a drill asks the cloud, without making anything there. */
import type { FaultCode } from './faults.ts'
import type { Told } from './source-facts.ts'

/** Something that was tried for show (`DryRun`), or read. */
export interface CloudTry {
  /** The action as permissions name it: `ecs:RunInstances`. */
  readonly action: string
  /** Null: it would have worked. */
  readonly refused: { readonly code: FaultCode; readonly detail: string } | null
}

export interface CloudFacts {
  readonly zone: string
  readonly stock: Told<readonly { readonly type: string; readonly isAvailable: boolean }[]>
  readonly tries: readonly CloudTry[]
}
