/** Comparing a block device that nothing of is cached, in turns with `dd iflag=direct`. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startPair, type Bundles } from '../programs.ts'
import { median } from './figures.ts'
import { attach, detach } from './loop.ts'
import { directRead } from './peers.ts'

/** `dd`'s seconds by Ferry's: 1 is as fast as plain reading. Null without loop devices. */
export async function benchCold(
  directory: string,
  bundles: Bundles,
  source: { readonly path: string; readonly sizeBytes: number },
  rounds: number,
): Promise<number | null> {
  const device = attach(source.path, '--read-only', '--direct-io=on')
  if (device === undefined) return null
  const place = join(directory, 'cold')
  mkdirSync(place)
  try {
    const pair = await startPair(place, bundles, [{ path: device, sizeBytes: source.sizeBytes }])
    try {
      const ferry: number[] = []
      const dd: number[] = []
      for (let round = 0; round < rounds; round++) {
        dd.push(await directRead(device))
        await pair.bot.asked()
        ferry.push((await pair.bot.compare()).seconds)
      }
      return median(dd) / median(ferry)
    } finally {
      await pair.close()
    }
  } finally {
    detach(device)
    rmSync(place, { recursive: true })
  }
}
