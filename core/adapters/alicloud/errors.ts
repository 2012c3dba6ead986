import { Fault } from '../../domain/faults.ts'
import type { FaultCode } from '../../domain/faults.ts'
import { isOf, meaningOfCode, meaningOfWords, NETWORK, PASSING } from './meaning.ts'

/** What the SDK throws, as far as it can be relied on: network errors and unreadable replies carry only some of it. */
interface SdkError {
  readonly name?: string
  readonly code?: string
  readonly message?: string
  readonly statusCode?: number
  readonly requestId?: string
  /** Milliseconds, with throttling. */
  readonly retryAfter?: number
  readonly data?: { readonly Message?: string; readonly RequestId?: string }
  readonly accessDeniedDetail?: { readonly AuthAction?: string }
}

/** Whether the same call is worth another try in a moment. */
export function isTransient(error: unknown): boolean {
  const { name, code, statusCode } = (error ?? {}) as SdkError
  // A reply that is not JSON comes from a proxy or a load balancer, not from the service.
  if (error instanceof SyntaxError || name === 'RequestTimeoutError' || name === 'ThrottlingError')
    return true
  if (statusCode !== undefined && statusCode >= 500) return true
  return code !== undefined && [...PASSING, ...NETWORK].some((known) => isOf(code, known))
}

/** How long the cloud asks us to wait before the next try, if it does. */
export function askedToWaitMs(error: unknown): number {
  return (error as SdkError | undefined)?.retryAfter ?? 0
}

/** The cloud's own code; undefined when the trouble is on the way there. */
export function cloudCode(error: unknown): string | undefined {
  if (error instanceof Fault) return error.facts['cloud code']?.toString()
  return (error as SdkError | undefined)?.code
}

/** Says in the words of the catalogue what the SDK threw, and keeps what support needs. A Fault stays what it is. */
export function toFault(error: unknown, action: string): Fault {
  if (error instanceof Fault) return error
  const { code, data, requestId, accessDeniedDetail } = (error ?? {}) as SdkError
  const facts: Record<string, string> = { action }
  if (code !== undefined) facts['cloud code'] = code
  const request = requestId ?? data?.RequestId
  if (request !== undefined) facts['RequestId'] = request
  if (accessDeniedDetail?.AuthAction !== undefined) facts['permission'] = accessDeniedDetail.AuthAction
  return new Fault(meaningOf(error, action), wordsOf(error), facts, error)
}

function meaningOf(error: unknown, action: string): FaultCode {
  const { code, name } = (error ?? {}) as SdkError
  if (code !== undefined && NETWORK.some((known) => isOf(code, known))) return 'CLOUD_UNREACHABLE'
  if (name === 'RequestTimeoutError') return 'CLOUD_UNREACHABLE'
  if (isTransient(error) && code !== 'InstanceNotReady') return 'CLOUD_BUSY'
  // Not from the cloud: a reply of a shape that the SDK cannot read, or a bug of ours.
  if (code === undefined) return 'INTERNAL'
  // The older words for the same refusal: "… not from system disk", "… does not contain system disk snapshot".
  if (action === 'createImage' && code === 'OperationDenied' && wordsOf(error).includes('system disk')) {
    return 'IMAGE_FROM_DATA_DISK_REFUSED'
  }
  return meaningOfCode(code) ?? meaningOfWords(wordsOf(error)) ?? 'CLOUD_REFUSED'
}

/** The cloud's message alone: the SDK's repeats code and RequestId, which the facts hold. */
function wordsOf(error: unknown): string {
  const { data, message } = (error ?? {}) as SdkError
  return data?.Message ?? message ?? 'The cloud gave no reason.'
}
