import { describe, expect, it } from 'vitest'
import { toFault } from '../../../../core/adapters/alicloud/errors.ts'
import type { FaultCode } from '../../../../core/domain/faults.ts'
import { FAULTS } from '../../../../core/domain/faults.ts'

/** As the SDK throws it. */
const sdkError = (code: string, words = 'Words.', statusCode = 403): Error =>
  Object.assign(new Error(`${code}: code: ${statusCode}, ${words} request id: 9A-1`), {
    ...{ code, statusCode, requestId: '9A-1', data: { Message: words } },
  })

/** The troubleshooting knowledge of the cloud and its migration service, a row per row of its table. */
const CODES: readonly (readonly [FaultCode, readonly string[]])[] = [
  ['CREDENTIALS', ['IllegalTimestamp', 'InvalidTimeStamp.Expired']],
  ['CREDENTIALS', ['InvalidAccessKeyId.NotFound']],
  ['CREDENTIALS', ['SignatureDoesNotMatch']],
  ['FORBIDDEN', ['Forbidden.SubUser']],
  ['FORBIDDEN', ['Forbidden.Unauthorized']],
  ['FORBIDDEN', ['Forbidden.RAM', 'NoPermission']],
  ['ACCOUNT_NOT_VERIFIED', ['RealNameAuthenticationError']],
  ['FORBIDDEN', ['EntityNotExist.Role']],
  ['BALANCE', ['InvalidAccountStatus.NotEnoughBalance', 'InsufficientBalance', 'Account.Arrearage']],
  ['SNAPSHOTS_NOT_ACTIVATED', ['InvalidAccountStatus.SnapshotServiceUnavailable']],
  ['IMAGE_NAME_TAKEN', ['InvalidImageName.Duplicated', 'ImageName.UsedByReplicationJob']],
  ['CLOUD_NAME_REFUSED', ['InvalidImageName.Malformed']],
  ['QUOTA_IMAGES', ['QuotaExceed.Image']],
  ['QUOTA_SNAPSHOTS', ['QuotaExceed.Snapshot']],
  ['QUOTA_NETWORKS', ['QuotaExceeded.Vpc']],
  ['QUOTA_INSTANCES', ['QuotaExceed.ElasticQuota', 'QuotaExceed.AfterpayInstance']],
  ['NO_STOCK', ['OperationDenied.NoStock', 'Zone.NotOnSale', 'InvalidInstanceType.ZoneNotSupported']],
  ['CLOUD_WAIT', ['OperationDenied.CreatingConflict', 'OperationDenied.ResourceControl']],
  ['CLOUD_WAIT', ['IncorrectInstanceStatus', 'IncorrectInstanceStatus.Initializing', 'IncorrectDiskStatus']],
  ['CLOUD_WAIT', ['IncorrectDiskStatus.CreatingSnapshot', 'InvalidSnapshotId.NotReady']],
  ['IMAGE_IN_USE', ['ImageUsingByInstance', 'ImageUseShared']],
  ['SNAPSHOT_IN_USE', ['SnapshotCreatedImage', 'SnapshotCreatedDisk']],
  ['INSTANCE_UNKNOWN', ['InvalidInstanceId.NotFound']],
  ['SOURCE_UNSUPPORTED', ['UnKnownError']],
  ['AGENT_OFFLINE', ['SourceServer.Offline', 'SourceServerState.Invalid']],
  ['OTHER_MIGRATION', ['ReplicationJob.InvalidStatus']],
  ['OTHER_MIGRATION', ['ReplicationJobName.Duplicate', 'QuotaExceeded.ReplicationJob']],
  ['DISK_CHANGED', ['ReplicationJobDataDiskIndex.Invalid', 'DataDisk.DuplicateIndex']],
  ['CLOUD_NETWORK', ['VSwitchIdVpcId.Mismatch', 'InvalidSecurityGroupId.VPCMismatch']],
  ['CLOUD_NETWORK', ['InvalidSecurityGroupId.IncorrectNetworkType']],
  ['OTHER_MIGRATION', ['ReplicationJob.Related', 'SourceServer.WithRunningReplicationJob']],
  ['DISK_TOO_SMALL', ['InvalidSystemDiskSize.LessThanImageSize']],
  ['CALL_MISMATCH', ['IdempotentParameterMismatch', 'IdempotenceParamNotMatch']],
  ['CLOUD_BUSY', ['Throttling', 'Throttling.User', 'InternalError', 'ServiceUnavailable']],
  ['NOT_BOOTED', ['ClientNotRunning', 'ClientNotResponse', 'DeliveryTimeout']],
  ['CHECK_FAILED', ['ExecutionTimeout', 'ExitCodeNonzero']],
  // Seen while using the operations that Ferry uses.
  ['NO_STOCK', ['InvalidResourceType.NotSupported', 'InvalidInstanceType.NotSupportDiskCategory']],
  ['QUOTA_INSTANCES', ['QuotaExceeded.AfterpayInstance', 'SecurityGroupInstanceLimitExceed']],
  ['QUOTA_DISKS', ['QuotaExceed.PostPaidDisk', 'QuotaExceed.DiskCapacity', 'InstanceDiskLimitExceeded']],
  ['IMAGE_FROM_DATA_DISK_REFUSED', ['UserNotInTheWhiteList']],
  ['CLOUD_NETWORK', ['InvalidVSwitchId.NotFound']],
  ['CLOUD_BUSY', ['IdempotentProcessing', 'LastTokenProcessing']],
  ['CLOUD_UNREACHABLE', ['ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'EAI_AGAIN', 'ENOTFOUND']],
  ['CLOUD_REFUSED', ['OperationDenied', 'NeverHeardOf.It', 'ForbiddenButNotQuite']],
]

/** Rows of the same table that are known by their words alone. */
const WORDS: readonly (readonly [FaultCode, string])[] = [
  ['ACCOUNT_NOT_VERIFIED', "Your Account Haven't Completed Real-name Authentication"],
  ['FORBIDDEN', "Your Account Haven't Authorized For SMC RAM Role"],
  ['QUOTA_NETWORKS', 'Create transition vpc failed'],
  ['RECEIVER_UNREACHABLE', 'Connect to Server Failed'],
  ['NOT_MOVING', 'Do Rsync Disk 0 Failed, return:7680'],
  ['SOURCE_PERMISSION', 'rsync: send_files failed to open "/x": Permission denied (13)'],
  ['SOURCE_NOT_READY', 'check rsync failed'],
  ['SOURCE_NOT_READY', 'rsync not found'],
  ['SOURCE_NOT_READY', 'check virtio failed'],
  ['SOURCE_NOT_READY', 'check selinux failed'],
  ['SOURCE_NOT_READY', 'Do Grub Failed'],
  ['SOURCE_UNSUPPORTED', 'Prepare For Rsync Disk 0: VssSnapshot GetSnapshot Failed 0x80042308'],
  ['NOT_CONVERGING', 'Slow transfer'],
]

describe('S20: what the cloud calls it', () => {
  it.each(CODES.flatMap(([fault, codes]) => codes.map((code) => [code, fault] as const)))(
    '%s reads as %s',
    (code, fault) => {
      expect(toFault(sdkError(code), 'runInstances').code).toBe(fault)
    },
  )

  it.each(WORDS)('reads as %s when it says “%s”', (fault, words) => {
    expect(toFault(sdkError('Whatever', words), 'runInstances').code).toBe(fault)
  })

  it('is never a released intermediate by one answer alone (S21)', () => {
    const codes = CODES.flatMap(([, all]) => all)
    const read = codes.map((code) => toFault(sdkError(code), 'describeInstances').code)

    expect(read).not.toContain('INTERMEDIATE_RELEASED')
  })

  it('has a remedy that can be acted on', () => {
    for (const [fault] of [...CODES, ...WORDS]) {
      const { title, cause, remedy } = FAULTS[fault]
      expect(title, fault).not.toBe('')
      expect(cause, fault).toMatch(/\.$/)
      expect(remedy.length, fault).toBeGreaterThan(20)
    }
  })
})
