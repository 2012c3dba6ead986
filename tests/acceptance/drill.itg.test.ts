import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { findTool } from '../../agent/source/inspect/tools.ts'
import { buildServerDisks } from '../../sandbox/server-disk.ts'
import { eventually } from '../support/eventually.ts'
import { startFerry } from '../support/ferry.ts'
import { drilled } from '../support/looks.ts'
import { killAgent, startAgent } from '../support/source-agent.ts'
import { MIB } from '../support/source-disks.ts'

const ferry = await startFerry({
  timings: { agentSilenceMs: 4000 },
  sandbox: { soldOut: ['ecs.gone.large'] },
})
const folder = mkdtempSync(join(tmpdir(), 'ferry-drill-'))
const { system } = buildServerDisks({ directory: folder, systemMiB: 128, dataMiB: 1, seed: 'drill' })

/** The agent of the source `server`, whose system disk is that of a real system in an image file. */
const { data } = await ferry.tell('enrol server')
const home = join(folder, 'agent')
let agent = startAgent([
  '--server',
  ferry.url,
  '--code',
  String(data?.['code']),
  '--home',
  home,
  '--disk',
  system.path,
])
await eventually('the agent', async () => (await ferry.store.sources.named('server'))?.agent)
await ferry.tell('create server')
await ferry.startSource('plain', [2 * MIB])
await ferry.tell('create plain')
afterAll(async () => {
  await killAgent(agent)
  rmSync(folder, { recursive: true, force: true })
})
afterEach(() => ferry.sandbox.clearFaults())

describe.skipIf(findTool('debugfs') === undefined)('a drill', () => {
  it('S19: with a Critical item leads to Drill Exception, where start, sync and complete are refused with what to do', async () => {
    const items = await drilled(ferry, 'server')
    const status = await ferry.waitFor('server', 'drill-exception')

    expect(items['boot loader']).toMatchObject({
      level: 'Critical',
      evidence: expect.stringContaining('no boot loader'),
    })
    expect(items['kernel and initramfs']).toMatchObject({ level: 'Warning' })
    expect(items['root device']).toMatchObject({
      level: 'Warning',
      evidence: expect.stringContaining('/dev/vda1'),
    })
    expect(items['fstab']).toMatchObject({
      level: 'Normal',
      evidence: expect.stringMatching(/^UUID=.* on \/$/),
    })
    expect(items['read throughput']?.evidence).toContain('/s')
    expect(items['way to the receiver']?.evidence).toContain('the bot: there is no receiver yet')
    expect(items['clock']).toMatchObject({ level: 'Normal' })
    for (const name of ['stock', 'permissions', 'quota', 'balance', 'vSwitch and security group'])
      expect(items[name]).toMatchObject({ level: 'Normal' })
    expect(status.facts['Drill']).toMatch(/^1 Critical, /)
    for (const asked of ['start server', 'sync server', 'complete server --last-sync --services-stopped']) {
      const reply = await ferry.ask('ada', asked)
      expect(reply).toMatchObject({ outcome: 'refused', code: 'not-legal-now' })
      expect(reply.title).toContain('`report server` lists them with what to do')
    }
    expect((await ferry.ask('olga', 'troubleshoot server')).title).toBe(
      'server is Drill Exception: its drill found boot loader Critical; `report server` says what to do, then `drill server` again.',
    )
    const report = await ferry.ask('olga', 'drill server --report')
    expect(report.facts['Fix: boot loader']).toBe('grub2-install /dev/<system disk>')
    expect((await ferry.cloud.inventory()).filter(({ tags }) => tags['ferry:key'] === 'drill')).toEqual([])
  })

  it('S19: leads back to where it was once what was Critical is mended, as often as it takes', async () => {
    await drilled(ferry, 'server')
    await ferry.waitFor('server', 'drill-exception')
    const disk = await import('node:fs/promises').then(({ open }) => open(system.path, 'r+'))
    await disk.write(Buffer.from('GRUB'.padEnd(440, '.')), 0, 440, 0)
    await disk.close()

    const items = await drilled(ferry, 'server')
    const status = await ferry.waitFor('server', 'ready')

    expect(items['boot loader']).toMatchObject({ level: 'Normal' })
    expect(status.data).toMatchObject({ drill: { number: 3, result: 'clean' } })
    expect((await ferry.store.jobs.named('server'))?.resume).toBeNull()
  })

  it('S19: shows as Critical what the cloud refuses: quota, permission, stock', async () => {
    const refuse = (action: string, code: string) =>
      ferry.sandbox.addFault({ action, kind: 'error', status: 403, code, message: 'injected' })
    refuse('RunInstances', 'QuotaExceed.ElasticQuota')
    refuse('CreateImage', 'Forbidden.RAM')

    const items = await drilled(ferry, 'plain')
    await ferry.waitFor('plain', 'drill-exception')

    expect(items['quota']).toMatchObject({
      level: 'Critical',
      evidence: expect.stringContaining('QuotaExceed.ElasticQuota'),
    })
    expect(items['permissions']).toMatchObject({
      level: 'Critical',
      evidence: expect.stringContaining('ecs:CreateImage'),
    })
    expect(items['balance']).toMatchObject({ level: 'Warning' })
    // A disk without a system on it is looked at from outside, and what cannot be told is no Critical item.
    expect(items['fstab']).toMatchObject({
      level: 'Warning',
      evidence: expect.stringContaining('no ext file system'),
    })
  })

  it('S19: goes on when the agent is killed in its middle, and says so when it stays away', async () => {
    await ferry.tell('drill server')
    await killAgent(agent)
    agent = startAgent(['--home', home])
    await ferry.waitFor('server', 'ready')

    await killAgent(agent)
    const items = await drilled(ferry, 'server')
    await ferry.waitFor('server', 'drill-exception')
    expect(items['source agent, inspect']).toMatchObject({
      level: 'Critical',
      evidence: expect.stringContaining('does not answer'),
    })
    agent = startAgent(['--home', home])
  })

  it('can be cancelled in its middle', async () => {
    await killAgent(agent)
    await ferry.tell('drill server')
    await ferry.tell('cancel server', 'ada')
    await ferry.waitFor('server', 'cancelled')

    const job = await ferry.store.jobs.named('server')
    expect(await ferry.store.drills.latest(job?.id ?? '')).toMatchObject({ result: 'stopped' })
  })
})

describe('a drill of a job that has synced', () => {
  it('S19: measures the way to the receiver, and goes back to Waiting with the next sync due as before', async () => {
    await ferry.migrate('synced', [2 * MIB])
    const before = await ferry.store.jobs.named('synced')

    const items = await drilled(ferry, 'synced')
    await ferry.waitFor('synced', 'waiting', 1)
    expect(items['way to the receiver']?.evidence).toMatch(/to 127\./)
    expect((await ferry.store.jobs.named('synced'))?.nextSyncAt).toEqual(before?.nextSyncAt)
  })

  it('S19: starts a server from the newest image if asked; one that shows why it cannot boot is Critical', async () => {
    const items = await drilled(ferry, 'synced', '--boot')

    // Where there is no emulator nobody sees its console, and a server without the Cloud Assistant is silent anyway.
    const isSeen = items['test boot']?.evidence.includes('the console says') === true
    expect(items['test boot']).toMatchObject({
      ...{ level: isSeen ? 'Critical' : 'Warning', evidence: expect.stringMatching(/^image #1/) },
    })
    await ferry.waitFor('synced', isSeen ? 'drill-exception' : 'waiting', 1)
    // No sync starts in Drill Exception: what leads to another image is said.
    if (isSeen) expect(items['test boot']?.fix.join()).toContain('`drill synced` (without --boot')
  })

  it('S10: measures its speed against the receiver', async () => {
    await ferry.tell('speedtest synced')
    const reply = await eventually('the result', async () => {
      const result = await ferry.ask('olga', 'speedtest synced --result')
      return result.code === 'speedtest' ? result : undefined
    })

    expect(reply.data).toMatchObject({
      sentTo: 'receiver',
      readRate: expect.any(Number),
      sendRate: expect.any(Number),
    })
  })
})
