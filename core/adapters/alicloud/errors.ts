import { Fault } from '../../domain/faults.ts'
import type { FaultCode } from '../../domain/faults.ts'

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

/**
 * The cloud's codes and what they mean to Ferry; the first that the code equals or, with a dot after it, begins with.
 * More telling codes therefore stand above their families.
 */
const MEANING: readonly (readonly [FaultCode, readonly string[]])[] = [
  ['NO_STOCK', ['OperationDenied.NoStock', 'Zone.NotOnSale', 'InvalidInstanceType.ZoneNotSupported']],
  ['NO_STOCK', ['InvalidResourceType.NotSupported', 'InvalidInstanceType.NotSupportDiskCategory']],
  [
    'QUOTA_INSTANCES',
    ['QuotaExceed.ElasticQuota', 'QuotaExceed.AfterpayInstance', 'QuotaExceeded.AfterpayInstance'],
  ],
  ['QUOTA_INSTANCES', ['SecurityGroupInstanceLimitExceed', 'InvalidInstanceType.QuotaExceed']],
  ['QUOTA_DISKS', ['QuotaExceed.PostPaidDisk', 'QuotaExceed.DiskCapacity', 'InstanceDiskLimitExceeded']],
  ['QUOTA_IMAGES', ['QuotaExceed.Image']],
  ['QUOTA_SNAPSHOTS', ['QuotaExceed.Snapshot']],
  ['BALANCE', ['InvalidAccountStatus.NotEnoughBalance', 'InsufficientBalance', 'Account.Arrearage']],
  ['SNAPSHOTS_NOT_ACTIVATED', ['InvalidAccountStatus.SnapshotServiceUnavailable']],
  ['ACCOUNT_NOT_VERIFIED', ['RealNameAuthenticationError']],
  ['IMAGE_FROM_DATA_DISK_REFUSED', ['UserNotInTheWhiteList']],
  ['IMAGE_NAME_TAKEN', ['InvalidImageName.Duplicated', 'ImageName.UsedByReplicationJob']],
  ['IMAGE_IN_USE', ['ImageUsingByInstance', 'ImageUseShared']],
  ['SNAPSHOT_IN_USE', ['SnapshotCreatedImage', 'SnapshotCreatedDisk']],
  [
    'CREDENTIALS',
    ['InvalidAccessKeyId', 'InvalidAccessKeySecret', 'InvalidCredentials', 'InvalidSecurityToken'],
  ],
  ['CREDENTIALS', ['SignatureDoesNotMatch', 'IncompleteSignature', 'InvalidTimeStamp', 'IllegalTimestamp']],
  ['FORBIDDEN', ['Forbidden', 'NoPermission', 'InvalidUser.PassRoleForbidden', 'EntityNotExist.Role']],
  ['CLOUD_NETWORK', ['InvalidVSwitchId', 'InvalidSecurityGroupId', 'VSwitchIdVpcId.Mismatch']],
  [
    'CLOUD_WAIT',
    ['IncorrectInstanceStatus', 'IncorrectDiskStatus', 'DiskCreatingSnapshot', 'InvalidSnapshotId.NotReady'],
  ],
  ['CLOUD_WAIT', ['InstanceNotReady', 'OperationDenied.CreatingConflict', 'OperationDenied.ImageCopying']],
  [
    'CLOUD_WAIT',
    ['ImageIsCreating', 'ImageIsImporting', 'ImageIsExporting', 'OperationConflict', 'Operation.Conflict'],
  ],
]

/** Codes that pass by themselves in a moment. */
const PASSING = [
  ...['Throttling', 'InternalError', 'ServiceUnavailable', 'IdempotentProcessing', 'LastTokenProcessing'],
  ...[
    'ECONNRESET',
    'ECONNREFUSED',
    'EPIPE',
    'ETIMEDOUT',
    'EAI_AGAIN',
    'ENOTFOUND',
    'EHOSTUNREACH',
    'ENETUNREACH',
  ],
]

/** Whether the same call is worth another try in a moment. */
export function isTransient(error: unknown): boolean {
  const { name, code, statusCode } = (error ?? {}) as SdkError
  // A reply that is not JSON comes from a proxy or a load balancer, not from the service.
  if (error instanceof SyntaxError || name === 'RequestTimeoutError' || name === 'ThrottlingError')
    return true
  if (statusCode !== undefined && statusCode >= 500) return true
  return code !== undefined && PASSING.some((known) => isOf(code, known))
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
  const { code } = (error ?? {}) as SdkError
  if (isTransient(error) && code !== 'InstanceNotReady') return 'CLOUD_BUSY'
  // Not from the cloud: a reply of a shape that the SDK cannot read, or a bug of ours.
  if (code === undefined) return 'INTERNAL'
  // The older words for the same refusal: "… not from system disk", "… does not contain system disk snapshot".
  if (action === 'createImage' && code === 'OperationDenied' && wordsOf(error).includes('system disk')) {
    return 'IMAGE_FROM_DATA_DISK_REFUSED'
  }
  const meant = MEANING.find(([, codes]) => codes.some((known) => isOf(code, known)))
  return meant?.[0] ?? 'CLOUD_REFUSED'
}

function isOf(code: string, known: string): boolean {
  return code === known || code.startsWith(`${known}.`)
}

/** The cloud's message alone: the SDK's repeats code and RequestId, which the facts hold. */
function wordsOf(error: unknown): string {
  const { data, message } = (error ?? {}) as SdkError
  return data?.Message ?? message ?? 'The cloud gave no reason.'
}
