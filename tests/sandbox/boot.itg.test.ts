import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { acceleratorOf } from '../../sandbox/ecs/emulator/accelerator.ts'
import { findQemu } from '../../sandbox/ecs/emulator/qemu.ts'
import { buildServerDisks } from '../../sandbox/server-disk.ts'
import { standInGuest } from '../support/stand-in-guest.ts'
import type { EcsClient } from './ecs-client.ts'
import { $Ecs, accomplishedSnapshot, freshSandbox, imageFrom, instanceWithDisk } from './ecs-client.ts'
import { REGION, runInstance, statusOf, temporaryHome, until } from './ecs-client.ts'

/** An instance of an image of one's own, Running; what lies on its disk is the disk's business. */
async function ownInstance(ecs: EcsClient, name: string): Promise<string> {
  const { diskId } = await instanceWithDisk(ecs)
  const instanceId = await runInstance(ecs, {
    imageId: await imageFrom(ecs, await accomplishedSnapshot(ecs, diskId), name),
  })
  await until(() => statusOf(ecs, instanceId), 'Running')
  return instanceId
}

async function consoleOf(ecs: EcsClient, instanceId: string): Promise<string> {
  const request = new $Ecs.GetInstanceConsoleOutputRequest({ regionId: REGION, instanceId })
  const { body } = await ecs.getInstanceConsoleOutput(request)
  return Buffer.from(body?.consoleOutput ?? '', 'base64').toString()
}

async function assistant(ecs: EcsClient, instanceId: string): Promise<string | undefined> {
  const request = new $Ecs.DescribeCloudAssistantStatusRequest({ regionId: REGION, instanceId: [instanceId] })
  const set = (await ecs.describeCloudAssistantStatus(request)).body?.instanceCloudAssistantStatusSet
  return set?.instanceCloudAssistantStatus?.[0]?.cloudAssistantStatus
}

async function run(ecs: EcsClient, instanceId: string, commandContent: string, timeout: number) {
  const command = { regionId: REGION, type: 'RunShellScript', commandContent, timeout }
  const asked = new $Ecs.RunCommandRequest({ ...command, instanceId: [instanceId] })
  const { invokeId } = (await ecs.runCommand(asked)).body ?? {}
  const result = async () => {
    const request = new $Ecs.DescribeInvocationResultsRequest({ regionId: REGION, invokeId })
    const { body } = await ecs.describeInvocationResults(request)
    return body?.invocation?.invocationResults?.invocationResult?.[0]
  }
  await until(async () => (await result())?.invocationStatus !== 'Running', true)
  const { invocationStatus, exitCode, output, errorCode } = (await result()) ?? {}
  return { invocationStatus, exitCode, output: Buffer.from(output ?? '', 'base64').toString(), errorCode }
}

describe('an instance of an image of one’s own', () => {
  it('does not boot where no emulator is installed, and says so on its console', async () => {
    const { ecs } = await freshSandbox({ emulator: false })
    const instanceId = await ownInstance(ecs, 'without')

    await until(
      () => consoleOf(ecs, instanceId),
      'No bootable device: qemu-system-x86_64 is not installed here.\n',
    )
    expect(await assistant(ecs, instanceId)).toBe('false')
  })

  it('has an assistant when its guest answers, which runs commands in it', async () => {
    const guest = standInGuest(join(await temporaryHome(), 'guest'))
    const { ecs } = await freshSandbox({ emulator: guest.path })
    const instanceId = await ownInstance(ecs, 'with')
    await until(() => assistant(ecs, instanceId), 'true')

    expect(await run(ecs, instanceId, 'echo out; echo err >&2; exit 3', 10)).toMatchObject({
      ...{ invocationStatus: 'Failed', exitCode: 3, errorCode: 'ExitCodeNonzero' },
      output: expect.stringMatching(/out\n/),
    })
    expect(await run(ecs, instanceId, 'sleep 30', 1)).toMatchObject({
      ...{ invocationStatus: 'Timeout', errorCode: 'ExecutionTimeout' },
    })
    expect(await consoleOf(ecs, instanceId)).toBe('stand-in login:\n')
    await ecs.deleteInstance(new $Ecs.DeleteInstanceRequest({ instanceId, force: true }))
    await until(() => statusOf(ecs, instanceId), undefined)
  })

  it('has none when its guest is silent', async () => {
    const guest = standInGuest(join(await temporaryHome(), 'guest'))
    guest.become('silent')
    const { ecs } = await freshSandbox({ emulator: guest.path })
    const instanceId = await ownInstance(ecs, 'silent')
    await until(() => consoleOf(ecs, instanceId), 'stand-in login:\n')

    expect(await assistant(ecs, instanceId)).toBe('false')
    expect(await run(ecs, instanceId, 'true', 1)).toMatchObject({
      ...{ invocationStatus: 'Aborted', errorCode: 'ClientNotRunning' },
    })
  })
})

describe.skipIf(findQemu() === undefined)('an emulated machine', () => {
  it('runs under an accelerator under which a guest lives', async () => {
    const { name } = await acceleratorOf(findQemu() ?? '')

    expect(['kvm', 'tcg']).toContain(name)
  })

  it('reads the boot sector of its disk: that of the demo’s server says that it has no boot loader', async () => {
    const { ecs, home } = await freshSandbox()
    const { system } = buildServerDisks({ directory: join(await temporaryHome(), 'server'), seed: 'boot' })
    const { instanceId: writer, diskId } = await instanceWithDisk(ecs, {
      script: `#!/bin/sh\nhead -c 512 '${system.path}' | dd of="$FERRY_DEV/vdb" conv=notrunc 2>/dev/null\ntouch "$FERRY_HOME/done"\nexec sleep 60`,
    })
    await until(async () => existsSync(join(home, 'instances', writer, 'root', 'done')), true)
    const imageId = await imageFrom(ecs, await accomplishedSnapshot(ecs, diskId), 'demo')
    const instanceId = await runInstance(ecs, { imageId })

    await until(async () => (await consoleOf(ecs, instanceId)).includes('this disk has no boot loader'), true)
    expect(await assistant(ecs, instanceId)).toBe('false')
  })
})
