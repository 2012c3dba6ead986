/** First full syncs to blank disks, in turns with nbdcopy. */
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startPair, type Bundles } from '../programs.ts'
import { median, type Figures } from './figures.ts'
import { flush, isInstalled, nbdcopy } from './peers.ts'
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

async function byNbdcopy(directory: string, source: Source): Promise<number> {
  const target = join(directory, 'nbdcopy.img')
  const fd = openSync(target, 'w')
  ftruncateSync(fd, source.sizeBytes)
  closeSync(fd)
  try {
    const seconds = await nbdcopy(source.path, target)
    return seconds + (await flush(target))
  } finally {
    rmSync(target)
  }
}

export async function benchFull(
  directory: string,
  bundles: Bundles,
  source: Source,
  rounds: number,
): Promise<Figures['full']> {
  const ferry: number[] = []
  const peer: number[] = []
  for (let round = 0; round < rounds; round++) {
    ferry.push(await byFerry(directory, bundles, source))
    if (isInstalled('nbdcopy') && isInstalled('nbdkit')) peer.push(await byNbdcopy(directory, source))
  }
  const seconds = median(ferry)
  return { seconds, vsNbdcopy: peer.length > 0 ? seconds / median(peer) : null }
}
