import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { refusal } from '../errors.ts'
import { need } from '../fields.ts'
import { machineFiles } from '../machine.ts'
import { timeText } from './operation.ts'
import type { Operation } from './operation.ts'

/** ECS keeps the end of what an instance wrote to its serial port. */
const LARGEST_CONSOLE = 64 * 1024

/** GetInstanceConsoleOutput: the end of the serial console since the instance was made, in base64. */
export const CONSOLE_OPERATIONS: readonly Operation[] = [
  {
    name: 'GetInstanceConsoleOutput',
    required: ['RegionId', 'InstanceId'],
    changes: false,
    run: (fields, cloud) => {
      const id = need(fields, 'InstanceId')
      if (!cloud.state.instances[id]) throw refusal('InvalidInstanceId.NotFound')
      const output = endOf(machineFiles(cloud.settings.home, id).console)
      return {
        InstanceId: id,
        ConsoleOutput: output.toString('base64'),
        LastUpdateTime: timeText(cloud.now()),
      }
    },
  },
]

function endOf(path: string): Buffer {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    // It has not written anything yet.
    return Buffer.alloc(0)
  }
  try {
    const { size } = fstatSync(file)
    const from = Math.max(0, size - LARGEST_CONSOLE)
    const bytes = Buffer.alloc(size - from)
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from))
  } finally {
    closeSync(file)
  }
}
