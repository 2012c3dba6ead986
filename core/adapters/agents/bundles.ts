/** The files that machines fetch from the bot: the agent, the receiver, and Node itself for those without one. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { hashSecret } from '../../domain/secret.ts'
import type { Store } from '../../ports/store.ts'
import { TurnedAway } from './answer.ts'

const AGENT_BUNDLE = 'ferry-agent.mjs'
const RECEIVER_BUNDLE = 'ferry-receiver.mjs'
/** The Node binary that the bot itself runs on. */
const NODE_BUNDLE = 'node'

interface Bundle {
  readonly sha256: string
  readonly bytes: number
  readonly open: () => ReadableStream | Uint8Array<ArrayBuffer>
}

export interface Bundles {
  /** SHA-256 (hex) of the agent's bundle; undefined when it is not built. */
  readonly agentDigest: string | undefined
  /** The same of the receiver's. */
  readonly receiverDigest: string | undefined
  /** By name; undefined for what the bot does not serve. */
  find(name: string): Promise<Bundle | undefined>
  /** SHA-256 (hex) of the Node binary. */
  nodeDigest(): Promise<string>
}

/**
 * Loads the bundles built into `folder`. They are kept in memory, so that what is served stays what was promised
 * while somebody builds anew; Node, a hundred times their size, is read from its file, and hashed when first asked for.
 */
export async function loadBundles(folder: string, nodePath = process.execPath): Promise<Bundles> {
  const built = new Map<string, Bundle>()
  for (const name of [AGENT_BUNDLE, RECEIVER_BUNDLE]) {
    const bytes = await readFile(join(folder, name)).catch(() => undefined)
    if (bytes === undefined) continue
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    built.set(name, { sha256, bytes: bytes.byteLength, open: () => new Uint8Array(bytes) })
  }
  let node: Promise<Bundle> | undefined
  const nodeBundle = (): Promise<Bundle> => (node ??= fileBundle(nodePath))
  return {
    agentDigest: built.get(AGENT_BUNDLE)?.sha256,
    receiverDigest: built.get(RECEIVER_BUNDLE)?.sha256,
    find: async (name) => {
      return name === NODE_BUNDLE ? nodeBundle() : built.get(name)
    },
    nodeDigest: async () => (await nodeBundle()).sha256,
  }
}

async function fileBundle(path: string): Promise<Bundle> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return {
    sha256: hash.digest('hex'),
    bytes: (await stat(path)).size,
    open: () => Readable.toWeb(createReadStream(path)) as ReadableStream,
  }
}

/** `GET /api/bundles/<name>/<sha256>`: only for holders of a code or token that is still good. */
export async function serveBundle(
  request: Request,
  name: string,
  sha256: string,
  bundles: Bundles,
  store: Pick<Store, 'sources'>,
): Promise<Response> {
  const bearer = /^Bearer (\S{1,200})$/.exec(request.headers.get('authorization') ?? '')?.[1]
  if (bearer === undefined || !(await store.sources.isInvited(hashSecret(bearer))))
    throw new TurnedAway(401, 'A bundle is fetched with an enrolment code or token that is still good.')
  const bundle = await bundles.find(name)
  if (bundle?.sha256 !== sha256)
    throw new TurnedAway(
      404,
      'There is no such bundle here; `enrol <source>` prints the command with the present one.',
    )
  return new Response(bundle.open(), {
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(bundle.bytes) },
  })
}
