import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { killProcesses, serveAdmin } from './admin.ts'
import { Cloud } from './cloud.ts'
import { FaultPlan } from './faults.ts'
import type { FaultRule } from './faults.ts'
import { serveCall } from './gateway.ts'
import type { Call, Gateway } from './gateway.ts'
import { settingsOf } from './options.ts'
import type { AccessKey, SandboxOptions } from './options.ts'
import { BASE_IMAGES, SECURITY_GROUP, VPC, vSwitchOf } from './places.ts'
import { haltFully, recover, vanish } from './recover.ts'
import { SignatureCheck } from './signature.ts'
import type { Instance } from './state.ts'
import { loadState, Store, takeHome } from './store.ts'
import { Tokens } from './tokens.ts'

/** UserData comes in the request line: up to 32 KiB, in base64, percent-encoded. */
const LONGEST_HEAD = 256 * 1024
const LARGEST_BODY = 1024 * 1024

/** A running sandbox. What it offers beyond the API is also at `/__…` of the same server (see `admin.ts`). */
export interface Sandbox {
  readonly url: string
  /** `host:port`, as the SDK wants it, with protocol HTTP. */
  readonly endpoint: string
  /** The absolute path of its folder: with `snapshotFile` and `diskFile` of `bytes.ts` it leads to the bytes. */
  readonly home: string
  readonly region: string
  readonly zones: readonly string[]
  readonly accessKey: AccessKey
  readonly vpc: string
  /** The vSwitch of the first zone. */
  readonly vSwitch: string
  readonly securityGroup: string
  /** A public image for x86_64, to make intermediates of. */
  readonly baseImage: string
  addFault(rule: FaultRule): void
  clearFaults(): void
  calls(): readonly Call[]
  /** The machine's processes die; the instance stays Running. */
  killMachine(instanceId: string): Promise<void>
  /** The instance is gone, as if released by hand. */
  vanish(instanceId: string): Promise<void>
  /** Lets delays and release times pass sooner. */
  advance(ms: number): void
  /** Switches the machines off, to be booted at the next start, unless they are to be kept running. */
  stop(options?: { keepMachines?: boolean }): Promise<void>
}

/** Starts a local ECS on a home folder, with everything that was there when it last ran. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const settings = settingsOf(options)
  const hold = takeHome(settings.home)
  try {
    const state = loadState(settings.home)
    const cloud = new Cloud(settings, state, new Store(settings.home, state))
    recover(cloud)
    cloud.turn()
    await cloud.commit()
    return await listen(cloud, () => hold.release())
  } catch (error) {
    hold.release()
    throw error
  }
}

async function listen(cloud: Cloud, release: () => void): Promise<Sandbox> {
  const { settings } = cloud
  const stopping = new AbortController()
  const gateway: Gateway = {
    cloud,
    faults: new FaultPlan(),
    signatures: new SignatureCheck(settings.accessKeys),
    tokens: new Tokens(),
    calls: [],
    stopping: stopping.signal,
  }
  const underway = new Set<Promise<void>>()
  const server = createServer({ maxHeaderSize: LONGEST_HEAD }, (incoming, outgoing) => {
    const done: Promise<void> = serve(gateway, incoming, outgoing)
      // What fails here is the connection, or a body that is too large: there is nobody left to tell.
      .catch(() => incoming.socket.destroy())
      .then(() => void underway.delete(done))
    underway.add(done)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(settings.port, settings.host, resolve)
  })

  const endpoint = `${settings.host}:${(server.address() as AddressInfo).port}`
  const [zone = '', accessKey = { id: '', secret: '' }] = [settings.zones[0], settings.accessKeys[0]]
  const stop = async ({ keepMachines = false } = {}) => {
    stopping.abort()
    server.close()
    server.closeAllConnections()
    await Promise.all(underway)
    if (!keepMachines)
      for (const instance of Object.values(cloud.state.instances)) await haltFully(cloud, instance)
    await cloud.stop()
    release()
  }
  return {
    url: `http://${endpoint}`,
    endpoint,
    home: settings.home,
    region: settings.region,
    zones: settings.zones,
    accessKey,
    vpc: VPC,
    vSwitch: vSwitchOf(zone),
    securityGroup: SECURITY_GROUP,
    baseImage: BASE_IMAGES[0]?.id ?? '',
    addFault: (rule) => gateway.faults.add(rule),
    clearFaults: () => gateway.faults.clear(),
    calls: () => gateway.calls,
    killMachine: (id) => killProcesses(cloud, instanceOf(cloud, id)),
    vanish: (id) => vanish(cloud, instanceOf(cloud, id)),
    advance: (ms) => cloud.advance(ms),
    stop,
  }
}

async function serve(gateway: Gateway, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await readBody(incoming)
  const { pathname } = new URL(incoming.url ?? '/', 'http://sandbox')
  if (!pathname.startsWith('/__')) return serveCall(gateway, incoming, body, outgoing)
  // A web page in somebody's browser can reach loopback too; it says where it comes from.
  const isForeign = incoming.headers.origin !== undefined
  const reply = isForeign
    ? { status: 403, body: { error: 'Not from a web page.' } }
    : await serveAdmin(gateway, incoming.method ?? '', pathname, body)
  outgoing.writeHead(reply.status, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body))
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > LARGEST_BODY) throw new Error('The body is too large.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function instanceOf(cloud: Cloud, id: string): Instance {
  const instance = cloud.state.instances[id]
  if (!instance) throw new Error(`There is no instance ${id}.`)
  return instance
}
