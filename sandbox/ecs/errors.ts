/** The documented error codes, each with its HTTP status and the message that ECS gives with it. */
const ERRORS = {
  // The gateway's, before any operation is looked at.
  'InvalidAccessKeyId.NotFound': [404, 'Specified access key is not found.'],
  SignatureDoesNotMatch: [400, 'Specified signature does not match our calculation.'],
  IncompleteSignature: [400, 'The request signature does not conform to Aliyun standards.'],
  SignatureNonceUsed: [400, 'The request signature nonce has been used.'],
  'InvalidTimeStamp.Expired': [400, 'Specified time stamp or date value is expired.'],
  'InvalidAction.NotFound': [404, 'Specified api is not found, please check your url and method.'],
  'InvalidRegionId.NotFound': [404, 'The specified RegionId does not exist.'],
  'InvalidZoneId.NotFound': [404, 'The specified zone does not exist.'],
  MissingParameter: [
    400,
    'The input parameter that is mandatory for processing this request is not supplied.',
  ],
  InvalidParameter: [400, 'The specified parameter is not valid.'],
  'Throttling.User': [400, 'Request was denied due to user flow control.'],
  InternalError: [500, 'The request processing has failed due to some unknown error.'],
  ServiceUnavailable: [503, 'The request has failed due to a temporary failure of the server.'],
  DryRunOperation: [400, 'Request validation has been passed with DryRun flag set.'],
  IdempotentProcessing: [403, 'The previous idempotent request is still processing.'],
  IdempotentParameterMismatch: [
    400,
    'The specified parameter has changed while using an already used ClientToken.',
  ],
  IdempotenceParamNotMatch: [
    400,
    'The request uses the same client token as a previous, but non-identical request.',
  ],

  // Instances.
  'InvalidInstanceId.NotFound': [404, 'The specified InstanceId does not exist.'],
  'InvalidInstance.NotFound': [404, 'The specified instance does not exist.'],
  IncorrectInstanceStatus: [403, 'The current status of the resource does not support this operation.'],
  'InvalidInstanceType.ValueNotSupported': [
    400,
    'The specified InstanceType does not exist or beyond the permitted range.',
  ],
  'OperationDenied.NoStock': [
    403,
    'The requested resource is sold out in the specified zone; try other types of resources or other regions and zones.',
  ],
  'OperationDenied.ImageNotValid': [403, 'The specified Image is disabled or is deleted.'],
  'QuotaExceed.ElasticQuota': [403, 'The number of the instances exceeds the quota.'],
  'InvalidSystemDiskSize.LessThanImageSize': [
    404,
    'The specified parameter SystemDisk.Size is less than the image size.',
  ],
  'InvalidOperation.DeletionProtection': [403, 'The operation is not allowed due to deletion protection.'],
  'InvalidAutoReleaseTime.Malformed': [400, 'The specified AutoReleaseTime is malformed or out of range.'],
  'InvalidUserData.Base64FormatInvalid': [400, 'The specified UserData is not valid Base64.'],
  'InvalidUserData.SizeExceeded': [400, 'The specified UserData exceeds the maximum size.'],

  // Disks.
  'InvalidDiskId.NotFound': [404, 'The specified disk does not exist.'],
  'InvalidSize.ValueNotSupported': [400, 'The specified Size is not supported.'],
  'InvalidDiskSize.TooSmall': [403, 'Specified disk size is less than the size of the snapshot.'],
  'InvalidDisk.InUse': [404, 'The specified disk has been occupied.'],
  'InvalidDevice.InUse': [403, 'The specified device has been occupied.'],
  'InvalidDevice.Malformed': [400, 'The specified device is malformed.'],
  'DiskId.StatusNotSupported': [403, 'The specified disk is not portable or its status is not supported.'],
  InstanceDiskLimitExceeded: [403, 'The number of disks attached to the instance exceeds the limit.'],
  ResourcesNotInSameZone: [403, 'The specified instance and disk are not in the same zone.'],
  DiskStillAttached: [403, 'The disk is still attached to an instance.'],
  DiskCreatingSnapshot: [403, 'The operation is denied because a snapshot of the disk is being created.'],
  IncorrectDiskStatus: [403, 'The current disk status does not support this operation.'],
  'IncorrectDiskStatus.CreatingSnapshot': [403, 'A previous snapshot of the disk is still being created.'],
  'IncorrectDiskStatus.NeverAttached': [403, 'The disk has never been attached to an instance.'],

  // Snapshots and images.
  'InvalidSnapshotId.NotFound': [404, 'The specified SnapshotId does not exist.'],
  'InvalidSnapshotId.NotReady': [403, 'The specified snapshot has not completed yet.'],
  'QuotaExceed.Snapshot': [403, 'The snapshot quota of the disk is exceeded.'],
  SnapshotCreatedImage: [403, 'The snapshot has been used to create an image and cannot be deleted.'],
  SnapshotCreatedDisk: [403, 'The snapshot has been used to create disks.'],
  'Operation.Conflict': [403, 'The operation conflicts with another one in progress.'],
  'InvalidImageId.NotFound': [404, 'The specified ImageId does not exist.'],
  'InvalidImageName.Malformed': [400, 'The specified image name is wrongly formed.'],
  'InvalidImageName.Duplicated': [400, 'The specified image name has already been used.'],
  'QuotaExceed.Image': [403, 'The image quota is exceeded.'],
  ImageUsingByInstance: [
    403,
    'The specified image has been used to create instances. You can use the DescribeInstances API to query these ' +
      'instances, or you can use the force parameter to proceed.',
  ],
  UserNotInTheWhiteList: [403, 'The user is not in the white list of create image by data disk snapshot.'],
  OperationDenied: [403, 'The operation is denied.'],

  // Network, tags, commands.
  'InvalidVSwitchId.NotFound': [404, 'The specified vSwitch does not exist.'],
  'InvalidVpcId.NotFound': [404, 'The specified VPC does not exist.'],
  'InvalidSecurityGroupId.NotFound': [404, 'The specified security group does not exist.'],
  'InvalidSourceCidrIp.Malformed': [400, 'The specified SourceCidrIp is not valid.'],
  DependencyViolation: [403, 'There is still an instance in the security group.'],
  'InvalidResourceId.NotFound': [404, 'The specified ResourceId does not exist.'],
  'InvalidTagKey.Malformed': [400, 'The specified Tag.n.Key is not valid.'],
  'Duplicate.TagKey': [400, 'The Tag.N.Key contains a duplicate key.'],
  'NumberExceed.Tags': [400, 'The number of tags exceeds the limit.'],
  'InvalidInvoke.NotFound': [404, 'The specified InvokeId does not exist.'],
  'CmdContent.DecodeError': [403, 'The CommandContent can not be base64 decoded.'],
  PriceNotFound: [400, 'The price of the resource is not found.'],
} as const satisfies Record<string, readonly [number, string]>

/** A code that this cloud can answer with by itself; injected faults may carry any other. */
export type Code = keyof typeof ERRORS

/** An answer other than success. It reaches the caller as ECS's own JSON error. */
export class EcsError extends Error {
  readonly code: string
  readonly status: number
  /** Told to the caller with a throttled call, in the header that the SDK reads. */
  readonly retryAfterMs: number | undefined

  constructor(code: string, status: number, message: string, retryAfterMs?: number) {
    super(message)
    this.name = 'EcsError'
    this.code = code
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

/** Makes the documented error. Some codes come with another status or text, depending on the operation. */
export function refusal(code: Code, says: { message?: string; status?: number } = {}): EcsError {
  const [status, message] = ERRORS[code]
  return new EcsError(code, says.status ?? status, says.message ?? message)
}

/** What ECS says when a mandatory parameter is absent. */
export function missing(parameter: string): EcsError {
  const message = `The input parameter "${parameter}" that is mandatory for processing this request is not supplied.`
  return refusal('MissingParameter', { message })
}
