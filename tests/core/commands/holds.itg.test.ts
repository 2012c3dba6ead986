import { afterEach, describe, expect, it } from 'vitest'
import type { State } from '../../../core/domain/job.ts'
import type { Role } from '../../../core/domain/policy.ts'
import { openCommands } from '../../support/commands.ts'
import { anImageOf, jobIn } from '../../support/job-in-state.ts'

const { store, ask } = await openCommands({ complete: 0 })
afterEach(() => ask('operator', 'unfreeze all'))

describe('freeze', () => {
  it.each(['start', 'sync', 'complete', 'resume', 'retry'])(
    'of all jobs refuses %s, and says who froze them, when and why',
    async (command) => {
      const states: Record<string, State> = { start: 'ready', resume: 'paused', retry: 'error' }
      const job = await jobIn(store, states[command] ?? 'waiting')
      await ask('approver', "freeze all reason='change stop'")

      const reply = await ask('operator', `${command} ${job.name}`)

      expect(reply).toMatchObject({ outcome: 'refused', code: 'frozen', data: { by: 'approver', all: true } })
      expect(reply.title).toMatch(
        new RegExp(
          `^All jobs are frozen by approver since \\d\\d:\\d\\d UTC: change stop. ${command} is possible again after \`unfreeze all\`.`,
        ),
      )
      expect(await store.jobs.byId(job.id)).toEqual(job)
    },
  )

  it.each(['pause', 'interval', 'keep', 'auto', 'cancel', 'status', 'history'])(
    'leaves %s possible',
    async (command) => {
      const job = await jobIn(store, 'waiting')
      await ask('operator', 'freeze all reason=stop')
      const more: Record<string, string> = { interval: '2h', keep: '5', auto: 'off' }

      expect((await ask('operator', `${command} ${job.name} ${more[command] ?? ''}`)).outcome).not.toBe(
        'refused',
      )
    },
  )

  it('of one job is shown by status and list until it is lifted', async () => {
    const job = await jobIn(store, 'waiting')
    await ask('operator', `freeze ${job.name} reason='disk swap'`)

    const status = await ask('viewer', `status ${job.name}`)
    const list = await ask('viewer', 'list')
    const twice = await ask('operator', `freeze ${job.name} reason=again`)
    const lifted = await ask('operator', `unfreeze ${job.name}`)

    expect(status.facts['Frozen']).toMatch(/^by operator since \d\d:\d\d UTC: disk swap$/)
    expect(status.data?.['freeze']).toMatchObject({ by: 'operator', reason: 'disk swap', all: false })
    expect(list.table?.rows.find(([name]) => name === job.name)?.join()).toContain('frozen by operator')
    expect(twice).toMatchObject({ outcome: 'refused', code: 'already-frozen' })
    expect(lifted.facts['Frozen']).toBeUndefined()
    expect((await ask('operator', `unfreeze ${job.name}`)).code).toBe('not-frozen')
    expect((await ask('operator', `sync ${job.name}`)).outcome).toBe('accepted')
  })

  it('of all jobs is told by status and list, and apart from that of one job', async () => {
    const job = await jobIn(store, 'waiting')
    await ask('operator', `freeze ${job.name} reason=mine`)
    await ask('admin', 'freeze all reason=everybody')

    const list = await ask('viewer', 'list')
    const second = await ask('operator', 'freeze all reason=me-too')
    const lifted = await ask('operator', 'unfreeze all')

    expect(list.facts['All frozen']).toContain('by admin')
    expect(second.title).toContain('All jobs are frozen already by admin')
    expect(lifted.title).toContain(`Frozen by themselves and still so: `)
    expect(lifted.data?.['frozen']).toContain(job.name)
    expect((await ask('operator', `sync ${job.name}`)).title).toContain(`${job.name} is frozen by operator`)
  })

  it('C7: needs a reason, and no job is called all', async () => {
    expect((await ask('operator', 'freeze all')).code).toBe('missing-argument')
    expect((await ask('operator', 'create all')).title).toContain('means all jobs')
    expect((await ask('viewer', 'freeze all reason=x')).code).toBe('not-allowed')
  })

  it('of all jobs is in the audit and told to people', async () => {
    await ask('operator', 'freeze all reason=audited')
    const rows = await store.audit.list({ limit: 5 })
    expect(rows[0]).toMatchObject({
      action: 'freeze',
      outcome: 'all',
      facts: { reason: 'audited' },
      job: null,
    })
  })
})

describe('lock', () => {
  it('refuses others’ changes with owner, reason and end; the owner goes on', async () => {
    const job = await jobIn(store, 'waiting')
    const locked = await ask('operator', `lock ${job.name} reason='cutover tonight' for=2h`)

    const commands = ['sync', 'pause', 'cancel', 'complete', 'interval', 'freeze', 'window']
    const more: Record<string, string> = { interval: '2h', freeze: 'reason=x', window: 'off' }
    const refused = []
    for (const command of commands)
      refused.push(await ask('approver', `${command} ${job.name} ${more[command] ?? ''}`))

    expect(locked.title).toMatch(/is locked by operator until .*UTC \(in 2h\): cutover tonight/)
    expect(refused.map(({ code }) => code)).toEqual(commands.map(() => 'locked'))
    expect(refused[0]?.title).toMatch(
      new RegExp(
        `^${job.name} is locked by operator until .*UTC \\(in .*\\): cutover tonight. operator or an admin can \`unlock`,
      ),
    )
    expect((await ask('viewer', `status ${job.name}`)).facts['Locked']).toContain('by operator until')
    expect((await ask('operator', `sync ${job.name}`)).outcome).toBe('accepted')
  })

  it('refuses what changes the job by another way too, and lets everybody look', async () => {
    const job = await jobIn(store, 'waiting')
    await anImageOf(store, job, 'm-lock1')
    await ask('operator', `lock ${job.name} reason=mine`)

    expect((await ask('approver', `verify ${job.name}`)).code).toBe('locked')
    for (const look of ['status', 'history', 'images', 'troubleshoot', 'window'])
      expect((await ask('approver', `${look} ${job.name}`)).outcome).toBe('done')
    expect((await ask('approver', `verify ${job.name} --records`)).outcome).toBe('done')
  })

  it.each<[Role, string]>([
    ['approver', 'locked'],
    ['admin', 'unlocked'],
    ['operator', 'unlocked'],
  ])('is ended by its owner and by admins: %s is answered %s', async (role, code) => {
    const job = await jobIn(store, 'waiting')
    await ask('operator', `lock ${job.name} reason=mine`)

    expect((await ask(role, `unlock ${job.name}`)).code).toBe(code)
  })

  it('counts for nothing once it has ended', async () => {
    const job = await jobIn(store, 'waiting')
    const past = new Date(Date.now() - 60_000)
    await store.jobs.change(job, {
      set: { lock: { by: 'operator', at: past, until: past, reason: 'over' } },
      audit: { actor: { person: 'operator', door: 'cli' }, action: 'lock', outcome: 'done' },
    })

    expect((await ask('approver', `status ${job.name}`)).facts['Locked']).toBeUndefined()
    expect((await ask('approver', `unlock ${job.name}`)).code).toBe('not-locked')
    expect((await ask('approver', `lock ${job.name} reason=mine`)).code).toBe('locked')
    expect((await ask('approver', `sync ${job.name}`)).outcome).toBe('accepted')
  })

  it('is had by one of many who take it at once', async () => {
    const job = await jobIn(store, 'waiting')
    const roles = ['operator', 'approver', 'admin'] as const

    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        ask(roles[index % 3] ?? 'admin', `lock ${job.name} reason=race-${index}`),
      ),
    )

    const lock = (await store.jobs.byId(job.id))?.lock
    const owners = replies.flatMap((reply, index) => (reply.outcome === 'done' ? [roles[index % 3]] : []))
    expect(new Set(owners)).toEqual(new Set([lock?.by]))
  })

  it('taken while others change the job lets no change of theirs follow it', async () => {
    const job = await jobIn(store, 'waiting')
    const changes = Array.from({ length: 8 }, (_, index) => ask('approver', `keep ${job.name} ${index + 1}`))
    const locked = await ask('operator', `lock ${job.name} reason=now`)
    const atAnswer = (await store.jobs.byId(job.id))?.version
    await Promise.all(changes)

    expect(locked.outcome).toBe('done')
    expect((await store.jobs.byId(job.id))?.version).toBe(atAnswer)
  })

  it.each(['0m', '30s', '8d', 'soon', '-1h'])('C7: is not taken for %s', async (time) => {
    const job = await jobIn(store, 'ready')
    expect((await ask('operator', `lock ${job.name} reason=x for=${time}`)).code).toBe('bad-argument')
  })
})

describe('window', () => {
  it('is set, shown with its next openings in UTC and in its zone, and lifted', async () => {
    const job = await jobIn(store, 'waiting')

    const set = await ask('operator', `window ${job.name} "sat 22:00-02:00 asia/shanghai"`)
    const shown = await ask('viewer', `status ${job.name}`)
    const look = await ask('operator', `window ${job.name}`)
    const off = await ask('operator', `window ${job.name} off`)

    expect(set).toMatchObject({ outcome: 'done', data: { windows: ['Sat 22:00-02:00 Asia/Shanghai'] } })
    expect(shown.facts['Window']).toMatch(
      /^Sat 22:00-02:00 Asia\/Shanghai: (opens|open until) .*UTC \(.* Asia\/Shanghai\), in /,
    )
    expect(look.table?.columns).toEqual(['opens', 'closes', 'Asia/Shanghai'])
    expect(look.table?.rows).toHaveLength(3)
    expect(look.table?.rows[2]?.[2]).toMatch(/^Sat \d{4}-\d\d-\d\d 22:00 to Sun \d{4}-\d\d-\d\d 02:00$/)
    expect(off.data).toMatchObject({ windows: [], windowOpen: true })
    expect((await ask('viewer', `status ${job.name}`)).facts['Window']).toBeUndefined()
  })

  it('may be several', async () => {
    const job = await jobIn(store, 'waiting')
    const both = 'Sat 22:00-24:00 UTC, 2090-12-05 01:00-02:00 Europe/Berlin'

    const { data } = await ask('operator', `window ${job.name} "${both}"`)

    expect(data?.['windows']).toEqual(both.split(', '))
  })

  it('voids what was asked for approval before', async () => {
    const job = await jobIn(store, 'waiting')
    const before = await store.jobs.byId(job.id)
    await ask('operator', `window ${job.name} "Sat 22:00-24:00 UTC"`)
    expect((await store.jobs.byId(job.id))?.version).toBe((before?.version ?? 0) + 1)
  })

  it.each([
    ['Sat 25:00', 'is no start and end'],
    ['Sat 22:00-22:00 UTC', 'starts and ends at the same time'],
    ['Sat 22:00-02:00', 'it names no time zone; add one, such as Asia/Shanghai'],
    ['Sat 22:00-02:00 Asia/Shangai', 'Did you mean Asia/Shanghai?'],
    ['Sat 22:00-02:00 Shanghai', 'Did you mean Asia/Shanghai?'],
    ['Sat 22:00-02:00 Europe/Berln', 'Did you mean Europe/Berlin?'],
    ['Sat 22:00-02:00 CST', 'there is no time zone CST'],
    ['2020-02-29 22:00-02:00 UTC', 'is over already'],
    ['Sat 22:00-02:00 UTC, Sun', 'is no start and end'],
    [Array.from({ length: 11 }, () => 'Sat 22:00-24:00 UTC').join(', '), 'These are 11 windows'],
  ])('C7: %s is refused with a sentence', async (text, sentence) => {
    const job = await jobIn(store, 'waiting')

    const reply = await ask('operator', `window ${job.name} "${text}"`)

    expect(reply).toMatchObject({ outcome: 'refused', code: 'bad-argument' })
    expect(reply.title).toContain(sentence)
    expect((await store.jobs.byId(job.id))?.windows).toEqual([])
  })
})
