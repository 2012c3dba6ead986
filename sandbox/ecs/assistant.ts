import type { Cloud } from './cloud.ts'
import { assistantSocket } from './emulator/boot.ts'
import { askGuest } from './emulator/guest-agent.ts'
import { runInGuest } from './emulator/run-in-guest.ts'
import { runInMachine } from './run-in-machine.ts'
import type { Result } from './run-in-machine.ts'
import type { Instance } from './state.ts'

/** A booted machine answers well within this; the caller asks again. */
const PING_MS = 2000

/** What runs a command in an instance. */
export type Assistant = (command: { script: string; timeoutMs: number }) => Promise<Result>

/**
 * The Cloud Assistant of an instance, if it answers now. In a machine of a public image, which is a script on this
 * host, it is the host's shell. In a booted machine it is QEMU's guest agent, if the image carries one: nothing
 * but the running guest itself can answer for it.
 */
export async function assistantOf(cloud: Cloud, instance: Instance): Promise<Assistant | undefined> {
  if (instance.status !== 'Running') return undefined
  if ((instance.assistantAt ?? Infinity) <= cloud.now())
    return (command) => runInMachine(cloud.settings, instance, command)
  if (instance.assistantAt !== undefined) return undefined
  const socket = assistantSocket(cloud, instance)
  if (socket === undefined) return undefined
  const reply = await askGuest(socket, 'guest-ping', undefined, PING_MS)
  return reply?.return === undefined ? undefined : (command) => runInGuest(socket, command)
}
