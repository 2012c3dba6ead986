import type EcsModule from '@alicloud/ecs20140526'
import type { RuntimeOptions } from '@darabonba/typescript'

/** The operations that Ferry uses: each is a permission that the access key needs (`ecs:RunInstances` and so on). */
export const OPERATIONS = [
  'runInstances',
  'describeInstances',
  'startInstance',
  'rebootInstance',
  'stopInstance',
  'deleteInstance',
  'describeCloudAssistantStatus',
  'runCommand',
  'describeInvocationResults',
  'getInstanceConsoleOutput',
  'describeSecurityGroups',
  'createSecurityGroup',
  'authorizeSecurityGroupEgress',
  'describeDisks',
  'attachDisk',
  'detachDisk',
  'deleteDisk',
  'createDisk',
  'replaceSystemDisk',
  'tagResources',
  'untagResources',
  'createSnapshot',
  'describeSnapshots',
  'deleteSnapshot',
  'createImage',
  'describeImages',
  'describeAvailableResource',
  'deleteImage',
  'describePrice',
] as const
export type Operation = (typeof OPERATIONS)[number]

export type EcsClient = InstanceType<typeof EcsModule.default>

/** The fields of a request, nested ones included, without the methods that the SDK's classes carry. */
export type Fields<T> = T extends readonly (infer Item)[]
  ? readonly Fields<Item>[]
  : T extends object
    ? { readonly [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]?: Fields<T[K]> }
    : T
type Method<N extends Operation> = EcsClient[`${N}WithOptions`]
export type RequestFields<N extends Operation> = Fields<Parameters<Method<N>>[0]>
export type Body<N extends Operation> = NonNullable<Awaited<ReturnType<Method<N>>>['body']>

export interface AlicloudConfig {
  readonly region: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** Given with temporary keys. */
  readonly securityToken?: string
  /** `host[:port]`; the region's own when none is named. */
  readonly endpoint?: string
  /** `HTTP` is for the sandbox on loopback. */
  readonly protocol?: 'HTTP' | 'HTTPS'
}

export interface Timeouts {
  readonly connectMs: number
  readonly readMs: number
}

/** The SDK behind one function: one call, one try, the SDK's own errors. */
export type CallSdk = <N extends Operation>(operation: N, fields: RequestFields<N>) => Promise<Body<N>>

/**
 * Loads the SDK (half a second and 60 MB, therefore not at start) and makes its client. `timeouts.readMs` is how long
 * the cloud may take to answer.
 */
export async function loadSdk(config: AlicloudConfig, timeouts: Timeouts): Promise<CallSdk> {
  const [ecs, core, dara] = await Promise.all([
    import('@alicloud/ecs20140526'),
    import('@alicloud/openapi-core'),
    import('@darabonba/typescript'),
  ])
  const Client = classOf(ecs.default)
  const client = new Client(
    new core.$OpenApiUtil.Config({
      accessKeyId: config.accessKeyId,
      accessKeySecret: config.accessKeySecret,
      securityToken: config.securityToken,
      regionId: config.region,
      endpoint: config.endpoint,
      protocol: config.protocol ?? 'HTTPS',
      userAgent: 'ferry',
    }),
  )
  return async (operation, fields) => {
    const Request = (ecs as unknown as Record<string, ModelClass>)[requestName(operation)]
    if (Request === undefined) throw new TypeError(`The SDK has no ${requestName(operation)}`)
    const options = new dara.RuntimeOptions(runtimeOptions(operation, timeouts))
    return call(client, operation, modelOf(Request, fields), options)
  }
}

/**
 * What the SDK calls the connect timeout also ends a first answer that is slower than it. A read may be asked again
 * at once; a change that is given up while the cloud works on it costs another round, so it gets the full time.
 */
function runtimeOptions(operation: Operation, { connectMs, readMs }: Timeouts) {
  return { connectTimeout: operation.startsWith('describe') ? connectMs : readMs, readTimeout: readMs }
}

/** The class itself: Node hands out the CommonJS namespace as the default import, Vitest the class. */
function classOf(module: typeof EcsModule): typeof EcsModule.default {
  return typeof module === 'function' ? module : module.default
}

function requestName(operation: Operation): string {
  return `${operation.charAt(0).toUpperCase()}${operation.slice(1)}Request`
}

async function call<N extends Operation>(
  client: EcsClient,
  operation: N,
  request: object,
  options: RuntimeOptions,
): Promise<Body<N>> {
  const methods = client as unknown as Record<
    string,
    (request: object, options: RuntimeOptions) => Promise<{ body?: unknown }>
  >
  const reply = await methods[`${operation}WithOptions`]?.(request, options)
  return (reply?.body ?? {}) as Body<N>
}

interface ModelClass {
  new (fields: Record<string, unknown>): object
  types(): Record<string, unknown>
}

/** A request of the SDK's own classes, nested ones too: it sends plain objects under wrong names. */
function modelOf(Model: ModelClass, fields: object): object {
  const types = Model.types()
  const converted = Object.entries(fields).map(([name, value]: [string, unknown]) => {
    const type = types[name]
    if (type === undefined) throw new TypeError(`${Model.name} has no field ${name}`)
    if (isModel(type)) return [name, modelOf(type, value as object)]
    const item = (type as { itemType?: unknown }).itemType
    if (isModel(item)) return [name, (value as object[]).map((each) => modelOf(item, each))]
    return [name, value]
  })
  return new Model(Object.fromEntries(converted) as Record<string, unknown>)
}

function isModel(type: unknown): type is ModelClass {
  return typeof type === 'function'
}
