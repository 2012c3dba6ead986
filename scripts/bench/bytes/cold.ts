/** Comparing a block device that nothing of is cached, in turns with `dd iflag=direct`. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startPair, type Bundles } from '../programs.ts'
import { median } from './figures.ts'
import { directRead } from './peers.ts'

/** A loop device that reads its file past the page cache; undefined where there are none. */
function loopOver(path: string): string | undefined {
  const run = spawnSync('losetup', ['--find', '--show', '--read-only', '--direct-io=on', path], {
    encoding: 'utf8',
  })
  return run.status === 0 ? run.stdout.trim() : undefined
}

/** `dd`'s seconds by Ferry's: 1 is as fast as plain reading. Null without loop devices. */
export async function benchCold(
  directory: string,
  bundles: Bundles,
  source: { readonly path: string; readonly sizeBytes: number },
  rounds: number,
): Promise<number | null> {
  const device = loopOver(source.path)
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
    spawnSync('losetup', ['--detach', device])
    rmSync(place, { recursive: true })
  }
}
