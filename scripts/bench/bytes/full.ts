/** First full syncs to blank disks, in turns with nbdcopy. */
import { randomBytes } from 'node:crypto'
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startPair, type Bundles } from '../programs.ts'
import { median, type Figures } from './figures.ts'
import { flush, isInstalled, nbdcopy, nbdcopyOverTls } from './peers.ts'
import { assertEqual } from './syncs.ts'

interface Source {
  readonly path: string
  readonly sizeBytes: number
}

/** By programs that have just come up; everything is durable when the time ends. */
async function byFerry(directory: string, bundles: Bundles, source: Source): Promise<number> {
  const place = join(directory, 'full')
  mkdirSync(place)
  const pair = await startPair(place, bundles, [source])
  try {
    const target = pair.targets[0] ?? ''
    const { seconds } = await pair.bot.order()
    const flushed = await flush(target)
    await assertEqual({ source, target }, 'a full sync')
    return seconds + flushed
  } finally {
    await pair.close()
    rmSync(place, { recursive: true })
  }
}

type Copy = (source: string, target: string) => Promise<number>

async function byPeer(copy: Copy, directory: string, source: Source): Promise<number> {
  const target = join(directory, 'nbdcopy.img')
  const fd = openSync(target, 'w')
  ftruncateSync(fd, source.sizeBytes)
  closeSync(fd)
  try {
    const seconds = (await copy(source.path, target)) + (await flush(target))
    await assertEqual({ source, target }, 'nbdcopy')
    return seconds
  } finally {
    rmSync(target)
  }
}

/** Ferry, nbdcopy and nbdcopy over TLS, in turns. */
export async function benchFull(
  directory: string,
  bundles: Bundles,
  source: Source,
  rounds: number,
): Promise<Figures['full']> {
  const hasPeers = isInstalled('nbdcopy') && isInstalled('nbdkit')
  const keys = join(directory, 'keys.psk')
  writeFileSync(keys, `ferry:${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
  const [ferry, plain, overTls]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < rounds; round++) {
    ferry.push(await byFerry(directory, bundles, source))
    if (!hasPeers) continue
    plain.push(await byPeer(nbdcopy, directory, source))
    overTls.push(await byPeer((from, to) => nbdcopyOverTls(from, to, keys), directory, source))
  }
  const seconds = median(ferry)
  const versus = (peer: number[]): number | null => (peer.length > 0 ? seconds / median(peer) : null)
  return { seconds, vsNbdcopy: versus(plain), vsNbdcopyOverTls: versus(overTls) }
}
