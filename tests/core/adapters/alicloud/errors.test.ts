import { describe, expect, it } from 'vitest'
import { isTransient, toFault } from '../../../../core/adapters/alicloud/errors.ts'
import { Fault, faultDetail } from '../../../../core/domain/faults.ts'

/** As the SDK throws it. */
function sdkError(code: string, more: Record<string, unknown> = {}): Error {
  const message = `${code}: code: 403, Words. request id: 9A-1`
  return Object.assign(new Error(message), {
    code,
    statusCode: 403,
    requestId: '9A-1',
    data: { Message: 'Words.' },
    ...more,
  })
}

describe('an error of the cloud', () => {
  it.each([
    ['OperationDenied.NoStock', 'NO_STOCK'],
    ['Zone.NotOnSale', 'NO_STOCK'],
    ['InvalidInstanceType.ZoneNotSupported', 'NO_STOCK'],
    ['QuotaExceed.ElasticQuota', 'QUOTA_INSTANCES'],
    ['QuotaExceed.AfterpayInstance', 'QUOTA_INSTANCES'],
    ['QuotaExceed.PostPaidDisk', 'QUOTA_DISKS'],
    ['QuotaExceed.Image', 'QUOTA_IMAGES'],
    ['QuotaExceed.Snapshot', 'QUOTA_SNAPSHOTS'],
    ['InvalidAccountStatus.NotEnoughBalance', 'BALANCE'],
    ['InsufficientBalance', 'BALANCE'],
    ['Account.Arrearage', 'BALANCE'],
    ['InvalidAccountStatus.SnapshotServiceUnavailable', 'SNAPSHOTS_NOT_ACTIVATED'],
    ['RealNameAuthenticationError', 'ACCOUNT_NOT_VERIFIED'],
    ['Forbidden.RAM', 'FORBIDDEN'],
    ['Forbidden.SubUser', 'FORBIDDEN'],
    ['NoPermission', 'FORBIDDEN'],
    ['InvalidAccessKeyId.NotFound', 'CREDENTIALS'],
    ['SignatureDoesNotMatch', 'CREDENTIALS'],
    ['InvalidTimeStamp.Expired', 'CREDENTIALS'],
    ['IllegalTimestamp', 'CREDENTIALS'],
    ['InvalidImageName.Duplicated', 'IMAGE_NAME_TAKEN'],
    ['UserNotInTheWhiteList', 'IMAGE_FROM_DATA_DISK_REFUSED'],
    ['ImageUsingByInstance', 'IMAGE_IN_USE'],
    ['SnapshotCreatedImage', 'SNAPSHOT_IN_USE'],
    ['IncorrectInstanceStatus.Initializing', 'CLOUD_WAIT'],
    ['IncorrectDiskStatus.CreatingSnapshot', 'CLOUD_WAIT'],
    ['InvalidSnapshotId.NotReady', 'CLOUD_WAIT'],
    ['OperationDenied.CreatingConflict', 'CLOUD_WAIT'],
    ['InvalidVSwitchId.NotFound', 'CLOUD_NETWORK'],
    ['InvalidSecurityGroupId.VPCMismatch', 'CLOUD_NETWORK'],
    ['IdempotentProcessing', 'CLOUD_BUSY'],
    ['Throttling.User', 'CLOUD_BUSY'],
    ['IdempotentParameterMismatch', 'CLOUD_REFUSED'],
    ['InvalidImageName.Malformed', 'CLOUD_REFUSED'],
    ['OperationDenied', 'CLOUD_REFUSED'],
    ['NeverHeardOf.It', 'CLOUD_REFUSED'],
  ])('%s reads as %s', (code, fault) => {
    expect(toFault(sdkError(code), 'runInstances').code).toBe(fault)
  })

  it('keeps the words, the cloud’s code, the RequestId and the cause', () => {
    const cause = sdkError('Zone.NotOnSale')
    const fault = toFault(cause, 'runInstances')

    expect(fault.cause).toBe(cause)
    expect(faultDetail(fault)).toBe('Words. (action runInstances, cloud code Zone.NotOnSale, RequestId 9A-1)')
  })

  it('names the permission that is missing', () => {
    const error = sdkError('Forbidden.RAM', { accessDeniedDetail: { AuthAction: 'ecs:CreateImage' } })

    expect(toFault(error, 'createImage').facts).toMatchObject({ permission: 'ecs:CreateImage' })
  })

  it('reads the older refusal of an image of a data disk', () => {
    const error = sdkError('OperationDenied', { data: { Message: 'The snapshot is not from system disk.' } })

    expect(toFault(error, 'createImage').code).toBe('IMAGE_FROM_DATA_DISK_REFUSED')
  })

  it('leaves a fault as it is', () => {
    const fault = new Fault('NO_STOCK', 'none')

    expect(toFault(fault, 'runInstances')).toBe(fault)
  })

  it('of a shape that nobody knows reads as INTERNAL', () => {
    expect(toFault(new Error('type of Images is mismatch'), 'describeImages').code).toBe('INTERNAL')
  })
})

describe('trouble worth another try', () => {
  it.each([
    ['a 5xx', sdkError('Whatever', { statusCode: 503 })],
    ['throttling', sdkError('Throttling')],
    ['a timeout', Object.assign(new Error('ReadTimeout'), { name: 'RequestTimeoutError' })],
    ['a reply that is not JSON', new SyntaxError('Unexpected token <')],
    ['a lost connection', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })],
    ['a create call still in progress', sdkError('IdempotentProcessing')],
  ])('is %s', (_name, error) => {
    expect(isTransient(error)).toBe(true)
    expect(toFault(error, 'runInstances').code).toBe('CLOUD_BUSY')
  })

  it.each(['Forbidden.RAM', 'OperationDenied.NoStock', 'IncorrectInstanceStatus'])('is not %s', (code) => {
    expect(isTransient(sdkError(code))).toBe(false)
  })
})
