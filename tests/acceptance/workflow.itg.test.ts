import { afterAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startFerry } from '../support/ferry.ts'
import { billedFor, differingDisks, newestImage, seen, syncOf } from '../support/looks.ts'
import { ruleFor, startOidcIssuer } from '../support/oidc-issuer.ts'
import type { Ended, Inputs, Step } from '../support/runner.ts'
import { runPost, startStep } from '../support/runner.ts'
import { MIB } from '../support/source-disks.ts'

const issuer = await startOidcIssuer()
afterAll(() => issuer.stop())
const ferry = await startFerry({
  people: { olga: { github_id: 5001 }, paula: { github_id: 5003 } },
  policy: { workflows: { rules: [ruleFor(issuer.url)] } },
})
const web = await ferry.migrate('web-01', [6 * MIB])

const whole = (inputs: Inputs): Inputs => ({
  'server-url': ferry.url,
  job: 'web-01',
  timeout: '50s',
  ...inputs,
})
const begin = (inputs: Inputs): Step => startStep(whole(inputs), { env: issuer.env })
const post = (inputs: Inputs, after: Ended): Promise<Ended> =>
  runPost(whole(inputs), after, { env: issuer.env })

describe('a workflow', () => {
  it('C2: runs a sync on real bytes, shows it while it moves, and names the image that it ends with', async () => {
    web[0]?.write(0, 2 * MIB, 'by a workflow')
    await ferry.tell('limit web-01 8mbit')
    const { code, out, outputs, summary } = await begin({ command: 'sync' }).ended()
    await ferry.tell('limit web-01 off')

    expect(code).toBe(0)
    const { id } = await newestImage(ferry, 'web-01')
    expect(outputs).toMatchObject({ decision: 'done', state: 'waiting', 'image-id': id })
    expect(JSON.parse(outputs['forecast'] ?? '')).toMatchObject({ total: { low: expect.any(Number) } })
    expect(out).toMatch(/transfer\s+█/)
    expect(summary).toMatch(/\| comparing \(bounded by the disk\) \| .* \| 6 MiB compared \|/)
    expect(summary).toMatch(
      /\| transferring \(bounded by network or limit\) \| .* \| 2 MiB changed, .* sent \|/,
    )
    expect(summary).toMatch(/```mermaid[\s\S]* {2}imaging : \d+, \d+\n```/)
    expect(await differingDisks(ferry, id, web)).toEqual([])
  })

  it('S7: is cancelled in the middle of a transfer: the sync pauses, and goes on without a byte lost', async () => {
    web[0]?.write(MIB, 4 * MIB, 'cancelled')
    await ferry.tell('limit web-01 16mbit')
    const inputs = { command: 'sync' }
    const step = begin(inputs)
    await seen(ferry, 'web-01', ({ progress }) => (progress?.appliedBytes ?? 0) > MIB / 2)
    step.signal('SIGINT')
    const ended = await step.ended()
    await ferry.waitFor('web-01', 'paused')
    const after = await post(inputs, ended)
    await ferry.tell('limit web-01 off')
    const resumed = await begin({ command: 'resume' }).ended()

    expect(ended.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'run-cancelled' })
    expect(after.out).toContain('nothing was left to do')
    expect(resumed.outputs).toMatchObject({ decision: 'done', state: 'waiting' })
    expect(await syncOf(ferry, 'web-01')).toMatchObject({ sync: 3, result: 'ok' })
    expect(await differingDisks(ferry, (await newestImage(ferry, 'web-01')).id, web)).toEqual([])
  })

  it('C3: cuts a server over once somebody else has approved; the last image is the source, and nothing is billed', async () => {
    web[0]?.write(3 * MIB, MIB, 'the last')
    const step = begin({
      command: 'complete',
      'last-sync': 'true',
      'services-stopped': 'true',
      confirm: 'true',
    })
    const number = await eventually('a request', async () => {
      const { data } = await ferry.ask('vera', 'status web-01')
      return (data?.['approvals'] as number[])[0]
    })
    const own = await ferry.ask('olga', `approve ${number}`)
    const approved = await ferry.ask('paula', `approve ${number}`)
    const { code, outputs, summary } = await step.ended()

    expect(own.outcome).toBe('refused')
    expect(approved.code).toBe('completing')
    expect({ code, ...outputs }).toMatchObject({ code: 0, decision: 'done', state: 'completed' })
    expect(summary).toContain('#### Sync #\u200b4 final')
    expect(summary).toMatch(
      /section request \d+\n {2}waits for approval : \d+, \d+\n {2}section sync 4 final\n/,
    )
    expect(await differingDisks(ferry, outputs['image-id'] ?? '', web)).toEqual([])
    expect(await billedFor(ferry, 'web-01')).toEqual([])
    const { rows = [] } = (await ferry.tell('audit web-01', 'ada')).table ?? {}
    const whole = rows.map((row) => row.join(' ')).find((row) => row.includes('complete approval asked'))
    expect(whole).toMatch(/olga action web-01 complete approval asked .*run=9000\/1/)
  })
})
