import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { machineFiles } from '../../sandbox/ecs/machine.ts'
import { processOf } from '../../sandbox/ecs/proc.ts'
import { startSandbox } from '../../sandbox/ecs/server.ts'
import type { State } from '../../sandbox/ecs/state.ts'
import {
  $Ecs,
  accomplishedSnapshot,
  atEnd,
  clientOf,
  imageFrom,
  imageOf,
  instanceWithDisk,
  REGION,
  runInstance,
  snapshotOf,
  statusOf,
  temporaryHome,
  until,
  ZONE,
} from './ecs-client.ts'

const MAIN = fileURLToPath(new URL('../../sandbox/ecs/main.ts', import.meta.url))
const BEAT = '#!/bin/sh\necho "boot $$" >> "$FERRY_HOME/boots"\nexec sleep 1000\n'

/** The sandbox as a program of its own, which can be killed. */
async function startProgram(home: string) {
  const program = spawn(process.execPath, ['--import', 'tsx', MAIN, '--home', home, '--speed', '0.1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  atEnd(() => stop(program, 'SIGTERM'))
  const [line] = (await once(program.stdout, 'data')) as [Buffer]
  const { endpoint } = JSON.parse(line.toString()) as { endpoint: string }
  return { program, ecs: clientOf(endpoint) }
}

async function stop(program: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return
  const exit = once(program, 'exit')
  program.kill(signal)
  await exit
}

async function bootsOf(home: string, instanceId: string): Promise<readonly string[]> {
  const content = await readFile(`${machineFiles(home, instanceId).root}/boots`, 'utf8').catch(() => '')
  return content.trim().split('\n')
}

/** A killed process may still wait to be buried, which counts as dead. */
function isAlive(boot: string | undefined): boolean {
  return processOf(Number(boot?.split(' ')[1])) !== undefined
}

describe('a sandbox that is killed', () => {
  it('loses nothing that it had answered, and adopts the machines that lived on', async () => {
    const home = await temporaryHome()
    const first = await startProgram(home)
    const { instanceId, diskId } = await instanceWithDisk(first.ecs, { script: BEAT })
    const doomed = await runInstance(first.ecs, { script: BEAT })
    await until(async () => (await bootsOf(home, doomed))[0]?.startsWith('boot'), true)
    const snapshotId = await accomplishedSnapshot(first.ecs, diskId)
    const imageId = await imageFrom(first.ecs, snapshotId, 'survivor')
    const newDisk = new $Ecs.CreateDiskRequest({
      regionId: REGION,
      zoneId: ZONE,
      size: 1,
      clientToken: 'across',
    })
    const disk = (await first.ecs.createDisk(newDisk)).body?.diskId
    const [livingBoot] = await bootsOf(home, instanceId)
    const [doomedBoot] = await bootsOf(home, doomed)

    await stop(first.program, 'SIGKILL')
    process.kill(Number(doomedBoot?.split(' ')[1]), 'SIGKILL')
    const second = await startProgram(home)

    expect(await statusOf(second.ecs, instanceId)).toBe('Running')
    expect(await bootsOf(home, instanceId)).toEqual([livingBoot])
    expect(isAlive(livingBoot)).toBe(true)
    await until(async () => (await bootsOf(home, doomed)).length, 2)
    expect(await imageOf(second.ecs, imageId)).toMatchObject({ status: 'Available', imageName: 'survivor' })
    expect((await second.ecs.createDisk(newDisk)).body?.diskId).toBe(disk)
    const other = new $Ecs.CreateDiskRequest({ ...newDisk, size: 2 })
    await expect(second.ecs.createDisk(other)).rejects.toMatchObject({ code: 'IdempotentParameterMismatch' })

    await second.ecs.stopInstance(new $Ecs.StopInstanceRequest({ instanceId }))
    await until(() => statusOf(second.ecs, instanceId), 'Stopped')
    expect(isAlive(livingBoot)).toBe(false)
  })

  it('goes on with what was under way, and has all that was answered in a rush', async () => {
    const home = await temporaryHome()
    const first = await startProgram(home)
    const instanceId = await runInstance(first.ecs, { script: BEAT })
    const answered: (string | undefined)[] = []
    const newDisk = new $Ecs.CreateDiskRequest({ regionId: REGION, zoneId: ZONE, size: 1 })

    const rush = Array.from({ length: 60 }, () =>
      first.ecs.createDisk(newDisk).then(({ body }) => {
        if (answered.push(body?.diskId) === 10) first.program.kill('SIGKILL')
      }),
    )
    await Promise.allSettled(rush)
    const second = await startProgram(home)

    const diskIds = JSON.stringify(answered)
    const asked = new $Ecs.DescribeDisksRequest({ regionId: REGION, diskIds, pageSize: 100 })
    expect((await second.ecs.describeDisks(asked)).body?.totalCount).toBe(answered.length)
    await until(() => statusOf(second.ecs, instanceId), 'Running')
    await until(async () => (await bootsOf(home, instanceId)).length, 1)
  })

  it('calls a snapshot failed whose copy was cut short, and clears what the cut left', async () => {
    const home = await temporaryHome()
    const first = await startSandbox({ home, speed: 0 })
    const { diskId } = await instanceWithDisk(clientOf(first.endpoint))
    const snapshotId = await accomplishedSnapshot(clientOf(first.endpoint), diskId)
    await first.stop()
    const state = JSON.parse(await readFile(`${home}/state.json`, 'utf8')) as State
    const snapshot = state.snapshots[snapshotId]
    if (snapshot) Object.assign(snapshot, { status: 'progressing', isCopied: false })
    await writeFile(`${home}/state.json`, JSON.stringify(state))
    await rename(`${home}/snapshots/${snapshotId}.raw`, `${home}/snapshots/${snapshotId}.raw.part`)

    const second = await startSandbox({ home, speed: 0 })
    atEnd(() => second.stop())

    expect(await snapshotOf(clientOf(second.endpoint), snapshotId)).toMatchObject({
      status: 'failed',
      available: false,
    })
    await expect(readFile(`${home}/snapshots/${snapshotId}.raw.part`)).rejects.toMatchObject({
      code: 'ENOENT',
    })
  })
})

describe('a sandbox that is stopped', () => {
  it('switches its machines off and boots them at the next start', async () => {
    const home = await temporaryHome()
    const first = await startProgram(home)
    const { instanceId } = await instanceWithDisk(first.ecs, { script: BEAT })
    await until(async () => (await bootsOf(home, instanceId))[0]?.startsWith('boot'), true)
    const [boot] = await bootsOf(home, instanceId)

    await stop(first.program, 'SIGTERM')
    expect(isAlive(boot)).toBe(false)
    const second = await startProgram(home)

    await until(async () => (await bootsOf(home, instanceId)).length, 2)
    expect(await statusOf(second.ecs, instanceId)).toBe('Running')
  })

  it('lets no second one onto its home', async () => {
    const home = await temporaryHome()
    const first = await startSandbox({ home })
    atEnd(() => first.stop())

    await expect(startSandbox({ home })).rejects.toThrow('is in use')
  })

  it('listens on loopback alone', async () => {
    await expect(startSandbox({ home: await temporaryHome(), host: '0.0.0.0' })).rejects.toThrow(
      'loopback only',
    )
  })
})
