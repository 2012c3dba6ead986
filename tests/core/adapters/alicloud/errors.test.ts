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
    expect(['CLOUD_BUSY', 'CLOUD_UNREACHABLE']).toContain(toFault(error, 'runInstances').code)
  })

  it.each(['Forbidden.RAM', 'OperationDenied.NoStock', 'IncorrectInstanceStatus'])('is not %s', (code) => {
    expect(isTransient(sdkError(code))).toBe(false)
  })
})
