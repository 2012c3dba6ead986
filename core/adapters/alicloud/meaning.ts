import type { FaultCode } from '../../domain/faults.ts'

/**
 * What the cloud's codes mean to Ferry: the first row with a code that the code equals or, with a dot after it, begins
 * with. More telling codes therefore stand above their families. Those of the cloud's own migration service stand
 * here too: accounts that use both see them.
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
  ['QUOTA_NETWORKS', ['QuotaExceeded.Vpc', 'QuotaExceed.Vpc']],
  ['BALANCE', ['InvalidAccountStatus.NotEnoughBalance', 'InsufficientBalance', 'Account.Arrearage']],
  ['SNAPSHOTS_NOT_ACTIVATED', ['InvalidAccountStatus.SnapshotServiceUnavailable']],
  ['ACCOUNT_NOT_VERIFIED', ['RealNameAuthenticationError']],
  ['IMAGE_FROM_DATA_DISK_REFUSED', ['UserNotInTheWhiteList']],
  ['IMAGE_NAME_TAKEN', ['InvalidImageName.Duplicated', 'ImageName.UsedByReplicationJob']],
  [
    'CLOUD_NAME_REFUSED',
    ['InvalidImageName.Malformed', 'InvalidInstanceName.Malformed', 'InvalidSnapshotName.Malformed'],
  ],
  ['IMAGE_IN_USE', ['ImageUsingByInstance', 'ImageUseShared']],
  ['SNAPSHOT_IN_USE', ['SnapshotCreatedImage', 'SnapshotCreatedDisk']],
  [
    'CREDENTIALS',
    ['InvalidAccessKeyId', 'InvalidAccessKeySecret', 'InvalidCredentials', 'InvalidSecurityToken'],
  ],
  ['CREDENTIALS', ['SignatureDoesNotMatch', 'IncompleteSignature', 'InvalidTimeStamp', 'IllegalTimestamp']],
  ['FORBIDDEN', ['Forbidden', 'NoPermission', 'InvalidUser.PassRoleForbidden', 'EntityNotExist.Role']],
  ['CLOUD_NETWORK', ['InvalidVSwitchId', 'InvalidSecurityGroupId', 'VSwitchIdVpcId.Mismatch']],
  ['DISK_TOO_SMALL', ['InvalidSystemDiskSize.LessThanImageSize', 'InvalidDataDiskSize.LessThanImageSize']],
  ['CALL_MISMATCH', ['IdempotentParameterMismatch', 'IdempotenceParamNotMatch']],
  [
    'CLOUD_WAIT',
    ['IncorrectInstanceStatus', 'IncorrectDiskStatus', 'DiskCreatingSnapshot', 'InvalidSnapshotId.NotReady'],
  ],
  ['CLOUD_WAIT', ['InstanceNotReady', 'OperationDenied.CreatingConflict', 'OperationDenied.ResourceControl']],
  ['CLOUD_WAIT', ['ImageIsCreating', 'ImageIsImporting', 'ImageIsExporting', 'OperationDenied.ImageCopying']],
  ['CLOUD_WAIT', ['OperationConflict', 'Operation.Conflict']],
  ['INSTANCE_UNKNOWN', ['InvalidInstanceId.NotFound']],
  ['NOT_BOOTED', ['ClientNotRunning', 'ClientNotResponse', 'DeliveryTimeout']],
  ['CHECK_FAILED', ['ExecutionTimeout', 'ExitCodeNonzero']],
  ['AGENT_OFFLINE', ['SourceServer.Offline', 'SourceServerState.Invalid']],
  ['DISK_CHANGED', ['ReplicationJobDataDiskIndex.Invalid', 'DataDisk.DuplicateIndex']],
  ['OTHER_MIGRATION', ['ReplicationJob', 'ReplicationJobName', 'QuotaExceeded.ReplicationJob']],
  ['OTHER_MIGRATION', ['SourceServer.WithRunningReplicationJob']],
  ['SOURCE_UNSUPPORTED', ['UnKnownError']],
]

/** What has no code of its own, by words that its message or log line holds, in lower case. */
const WORDS: readonly (readonly [FaultCode, readonly string[]])[] = [
  ['ACCOUNT_NOT_VERIFIED', ['real-name authentication']],
  ['FORBIDDEN', ['authorized for smc ram role']],
  ['QUOTA_NETWORKS', ['create transition vpc failed']],
  ['RECEIVER_UNREACHABLE', ['connect to server failed']],
  ['SOURCE_PERMISSION', ['permission denied (13)']],
  ['SOURCE_UNSUPPORTED', ['vsssnapshot']],
  ['NOT_MOVING', ['do rsync disk']],
  ['SOURCE_NOT_READY', ['check virtio failed', 'check selinux failed', 'do grub failed']],
  ['SOURCE_NOT_READY', ['check rsync failed', 'rsync not found']],
  ['NOT_CONVERGING', ['slow transfer']],
]

/** Codes that pass by themselves in a moment. */
export const PASSING = [
  'Throttling',
  'InternalError',
  'ServiceUnavailable',
  'IdempotentProcessing',
  'LastTokenProcessing',
] as const

/** The way to the cloud, not the cloud: these pass as well. */
export const NETWORK = [
  ...['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ENOTFOUND'],
  ...['EHOSTUNREACH', 'ENETUNREACH'],
] as const

export function isOf(code: string, known: string): boolean {
  return code === known || code.startsWith(`${known}.`)
}

export function meaningOfCode(code: string): FaultCode | undefined {
  return MEANING.find(([, codes]) => codes.some((known) => isOf(code, known)))?.[0]
}

export function meaningOfWords(words: string): FaultCode | undefined {
  const lower = words.toLowerCase()
  return WORDS.find(([, parts]) => parts.some((part) => lower.includes(part)))?.[0]
}
