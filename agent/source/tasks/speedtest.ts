/** Measures how fast this source reads its disks and sends. */
import type { SpeedtestResult } from '../../protocol/tasks.ts'
import { readDisk } from '../measure/disk.ts'
import { measureBot, measureReceiver } from '../measure/network.ts'
import type { TaskKindOf } from './kind.ts'

export const speedtest: TaskKindOf<'speedtest'> = {
  isAlone: true,
  run: async ({ params, signal, tell }, { findDisks, server, signer }) => {
    const disks: SpeedtestResult['disks'] = []
    for (const disk of findDisks()) {
      tell(`reading ${disk.path}`)
      disks.push(await readDisk(disk, params.diskBytes, signal))
    }
    const network: SpeedtestResult['network'] = []
    if (params.receiver !== null) {
      tell('sending to the receiver')
      network.push(await measureReceiver(params.receiver, params.networkBytes, signal))
    }
    if (network.every(({ bytesPerSecond }) => bytesPerSecond === null)) {
      tell('sending to the bot')
      network.push(await measureBot(server, signer, params.networkBytes, signal))
    }
    return { disks, network }
  },
}
