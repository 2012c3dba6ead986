import { open, readFile, readdir, readlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { diskFile, snapshotFile } from '../../sandbox/ecs/bytes.ts'
import { machineFiles } from '../../sandbox/ecs/machine.ts'
import {
  $Ecs,
  accomplishedSnapshot,
  freshSandbox,
  imageFrom,
  instanceOf,
  instanceWithDisk,
  REGION,
  runInstance,
  statusOf,
  until,
} from './ecs-client.ts'

const { sandbox, ecs, home } = await freshSandbox()

const LISTEN = `node -e "require('net').createServer(s=>s.end(String(process.pid))).listen(8703,process.env.FERRY_LISTEN)"`
const RECEIVER = `#!/bin/sh\necho "$FERRY_HOME $FERRY_DEV $FERRY_LISTEN" >> "$FERRY_HOME/boots"\nexec ${LISTEN}\n`
/** A script that leaves its process group and ends, as daemons do. */
const DAEMON = `#!/bin/sh\nsetsid ${LISTEN} >/dev/null 2>&1 &\nexit 0\n`

/** Counts at both ends of its disk, with enough between them for a copy to take a while. */
const COUNTER = `#!/bin/sh
exec node -e "
const fs = require('fs'), file = fs.openSync(process.env.FERRY_DEV + '/vdb', 'r+'), number = Buffer.alloc(8)
fs.writeSync(file, Buffer.alloc(64 << 20, 1), 0, 64 << 20, 4096)
for (let n = 1n; ; n++) { number.writeBigUInt64LE(n); fs.writeSync(file, number, 0, 8, 0); fs.writeSync(file, number, 0, 8, 1 << 29)
  if (n % 100n === 0n) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1) }"
`

async function counters(path: string): Promise<{ first: bigint; last: bigint }> {
  const file = await open(path, 'r')
  const read = async (at: number) => (await file.read(Buffer.alloc(8), 0, 8, at)).buffer.readBigUInt64LE()
  const found = { first: await read(0), last: await read(1 << 29) }
  await file.close()
  return found
}

async function addressOf(instanceId: string): Promise<string> {
  return (await instanceOf(ecs, instanceId))?.vpcAttributes?.privateIpAddress?.ipAddress?.[0] ?? ''
}

/** What the receiver at an address says, or that nobody is there. */
function ask(address: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(8703, address)
    socket.on('data', (data) => resolve(data.toString()))
    socket.on('error', () => resolve('nobody'))
  })
}

async function answering(address: string): Promise<string> {
  await until(async () => (await ask(address)) !== 'nobody', true)
  return ask(address)
}

async function assistant(instanceId: string): Promise<string | undefined> {
  const request = new $Ecs.DescribeCloudAssistantStatusRequest({ regionId: REGION, instanceId: [instanceId] })
  const set = (await ecs.describeCloudAssistantStatus(request)).body?.instanceCloudAssistantStatusSet
  return set?.instanceCloudAssistantStatus?.[0]?.cloudAssistantStatus
}

describe('a machine', () => {
  it('runs its UserData with its directory, its disks and its address', async () => {
    const { instanceId, diskId } = await instanceWithDisk(ecs, { script: RECEIVER })
    const address = await addressOf(instanceId)
    const { root, dev } = machineFiles(home, instanceId)

    expect(Number(await answering(address))).toBeGreaterThan(1)
    expect(await readFile(`${root}/boots`, 'utf8')).toBe(`${root} ${dev} ${address}\n`)
    expect(await readdir(dev)).toEqual(['vdb'])
    expect(await readlink(`${dev}/vdb`)).toBe(diskFile(home, diskId))
  })

  it('has an address of its own, so that two listen on one port', async () => {
    const [one, two] = await Promise.all([
      runInstance(ecs, { script: RECEIVER }),
      runInstance(ecs, { script: RECEIVER }),
    ])
    await until(() => statusOf(ecs, two), 'Running')

    const answers = await Promise.all([answering(await addressOf(one)), answering(await addressOf(two))])

    expect(new Set(answers).size).toBe(2)
  })

  it('dies with a stop and runs its script again with a start, on the same directory', async () => {
    const { instanceId } = await instanceWithDisk(ecs, { script: RECEIVER })
    const address = await addressOf(instanceId)
    const before = await answering(address)

    await ecs.stopInstance(new $Ecs.StopInstanceRequest({ instanceId }))
    await until(() => statusOf(ecs, instanceId), 'Stopped')
    expect(await ask(address)).toBe('nobody')
    await ecs.startInstance(new $Ecs.StartInstanceRequest({ instanceId }))

    expect(await answering(address)).not.toBe(before)
    const boots = await readFile(`${machineFiles(home, instanceId).root}/boots`, 'utf8')
    expect(boots.trim().split('\n')).toHaveLength(2)
  })

  it('dies whole, also what left its process group', async () => {
    const { instanceId } = await instanceWithDisk(ecs, { script: DAEMON })
    const address = await addressOf(instanceId)
    const pid = await answering(address)

    await ecs.rebootInstance(new $Ecs.RebootInstanceRequest({ instanceId }))
    await until(async () => !['nobody', pid].includes(await ask(address)), true)
    await ecs.deleteInstance(new $Ecs.DeleteInstanceRequest({ instanceId, force: true }))
    await until(() => statusOf(ecs, instanceId), undefined)

    expect(await ask(address)).toBe('nobody')
  })

  it('stays Running when its processes are killed, and leaves the others alone', async () => {
    const [victim, witness] = await Promise.all([
      instanceWithDisk(ecs, { script: RECEIVER }),
      instanceWithDisk(ecs, { script: RECEIVER }),
    ])
    const [address, other] = [await addressOf(victim.instanceId), await addressOf(witness.instanceId)]
    await Promise.all([answering(address), answering(other)])

    await fetch(`${sandbox.url}/__instances/${victim.instanceId}/kill`, { method: 'POST' })

    expect(await ask(address)).toBe('nobody')
    expect(await ask(other)).not.toBe('nobody')
    expect(await statusOf(ecs, victim.instanceId)).toBe('Running')
  })

  it('vanishes with its disks when it is released by hand', async () => {
    const { instanceId } = await instanceWithDisk(ecs, { script: RECEIVER })
    const address = await addressOf(instanceId)
    await answering(address)

    await fetch(`${sandbox.url}/__instances/${instanceId}/vanish`, { method: 'POST' })

    expect(await statusOf(ecs, instanceId)).toBeUndefined()
    expect(await ask(address)).toBe('nobody')
  })

  it('stands still while its disk is copied: a snapshot is one instant', async () => {
    const { instanceId, diskId } = await instanceWithDisk(ecs, { script: COUNTER })
    const { dev } = machineFiles(home, instanceId)
    await until(async () => (await counters(`${dev}/vdb`)).first > 1n, true)

    const snapshotId = await accomplishedSnapshot(ecs, diskId)

    const { first, last } = await counters(snapshotFile(home, snapshotId))
    expect(first).toBeGreaterThan(0n)
    expect([0n, 1n]).toContain(first - last)
    await until(async () => (await counters(`${dev}/vdb`)).last > first, true)
  })
})

describe('the Cloud Assistant', () => {
  it('answers in a machine of a public image, and runs commands there', async () => {
    const { instanceId } = await instanceWithDisk(ecs)
    await until(() => assistant(instanceId), 'true')
    const commandContent = Buffer.from('echo "$FERRY_LISTEN"; exit 3').toString('base64')
    const command = { regionId: REGION, type: 'RunShellScript', contentEncoding: 'Base64', commandContent }

    const reply = await ecs.runCommand(new $Ecs.RunCommandRequest({ ...command, instanceId: [instanceId] }))
    const result = async () => {
      const request = new $Ecs.DescribeInvocationResultsRequest({
        regionId: REGION,
        invokeId: reply.body?.invokeId,
      })
      return (await ecs.describeInvocationResults(request)).body?.invocation?.invocationResults
        ?.invocationResult?.[0]
    }
    await until(async () => (await result())?.invocationStatus, 'Failed')

    const { exitCode, output, errorCode } = (await result()) ?? {}
    expect({ exitCode, errorCode }).toEqual({ exitCode: 3, errorCode: 'ExitCodeNonzero' })
    expect(Buffer.from(output ?? '', 'base64').toString()).toBe(`${await addressOf(instanceId)}\n`)
  })

  it("never answers in a machine of one's own image, which is not booted here", async () => {
    const { diskId } = await instanceWithDisk(ecs)
    const imageId = await imageFrom(ecs, await accomplishedSnapshot(ecs, diskId), 'unbootable')
    const instanceId = await runInstance(ecs, { imageId, script: RECEIVER })
    await until(() => statusOf(ecs, instanceId), 'Running')
    const command = {
      regionId: REGION,
      type: 'RunShellScript',
      commandContent: 'true',
      instanceId: [instanceId],
    }

    const { invokeId } = (await ecs.runCommand(new $Ecs.RunCommandRequest(command))).body ?? {}
    const asked = new $Ecs.DescribeInvocationResultsRequest({ regionId: REGION, invokeId })
    const results = (await ecs.describeInvocationResults(asked)).body?.invocation?.invocationResults

    expect(await assistant(instanceId)).toBe('false')
    expect(results?.invocationResult).toMatchObject([
      { invocationStatus: 'Aborted', errorCode: 'ClientNotRunning' },
    ])
    expect(await ask(await addressOf(instanceId))).toBe('nobody')
  })
})
