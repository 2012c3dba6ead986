import { existsSync } from 'node:fs'
import { removeStrays, snapshotFile } from './bytes.ts'
import type { Cloud } from './cloud.ts'
import { forget, switchOn } from './life.ts'
import { haltMachine, machineProcesses, signalMachine } from './machine.ts'
import { addDefaultNetwork } from './operations/network.ts'
import type { Instance } from './state.ts'
import { forgetOldTokens } from './tokens.ts'

/** How long processes have to die. SIGKILL takes longer only for one that waits for a disk. */
const HALT_MS = 5000

/** Makes a state that was loaded true again: what was cut short has failed, what still runs is adopted. */
export function recover(cloud: Cloud): void {
  const { state, settings } = cloud
  addDefaultNetwork(cloud)
  forgetOldTokens(cloud)
  for (const disk of Object.values(state.disks)) {
    // Of an instance that was never acknowledged.
    if (disk.instanceId !== undefined && !state.instances[disk.instanceId]) delete state.disks[disk.id]
  }
  for (const snapshot of Object.values(state.snapshots)) {
    if (snapshot.status !== 'progressing') continue
    // A copy has its final name only once it is durable, even where there was no time left to write that down.
    snapshot.isCopied = existsSync(snapshotFile(settings.home, snapshot.id))
    if (!snapshot.isCopied) snapshot.status = 'failed'
  }
  for (const invocation of Object.values(state.invocations)) {
    if (invocation.status !== 'Running') continue
    Object.assign(invocation, {
      status: 'Failed',
      errorCode: 'ExecutionInterrupted',
      finishedAt: cloud.now(),
    })
  }
  removeStrays(settings.home, state)
  for (const instance of Object.values(state.instances)) {
    if (instance.status === 'Running') adopt(cloud, instance)
  }
}

/** Keeps a machine that lived on without us; boots one that died, as a host's restart would. */
function adopt(cloud: Cloud, instance: Instance): void {
  const { home } = cloud.settings
  // It stands still if we died while copying its disks.
  signalMachine(home, instance, 'SIGCONT')
  const isAnswering = instance.assistantAt !== undefined && machineProcesses(home, instance).length > 0
  const { assistantAt } = instance
  switchOn(cloud, instance)
  if (isAnswering && assistantAt !== undefined) instance.assistantAt = assistantAt
}

/** Kills a machine's processes and waits until none is left. */
export async function haltFully(cloud: Cloud, instance: Instance): Promise<void> {
  const deadline = Date.now() + HALT_MS
  while (!haltMachine(cloud.settings.home, instance)) {
    if (Date.now() > deadline) throw new Error(`The processes of ${instance.id} do not die.`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Removes an instance from outside the API, as when somebody releases it by hand. */
export async function vanish(cloud: Cloud, instance: Instance): Promise<void> {
  await haltFully(cloud, instance)
  if (cloud.state.instances[instance.id]) forget(cloud, instance)
  await cloud.commit()
}
