import { afterAll, describe, expect, it } from 'vitest'
import { SLACK_SECRET } from '../support/bot.ts'
import { eventually } from '../support/eventually.ts'
import { startFerry } from '../support/ferry.ts'
import type { Run } from '../support/github.ts'
import { startGitHub } from '../support/github.ts'
import { differingDisks, newestImage, syncOf } from '../support/looks.ts'
import { ruleFor, startOidcIssuer } from '../support/oidc-issuer.ts'
import type { Ended } from '../support/runner.ts'
import { startStep } from '../support/runner.ts'
import { labelsOf, slackPerson, wordsOf } from '../support/slack-person.ts'
import { openSlackWorkspace } from '../support/slack-workspace.ts'
import { MIB } from '../support/source-disks.ts'

const AUDIENCE = 'https://ferry.acme.example'
const github = await startGitHub()
const issuer = await startOidcIssuer()
const slack = await openSlackWorkspace({ users: ['olga', 'paula'], channels: ['migrations'] })
afterAll(async () => {
  await slack.close()
  await issuer.stop()
  await github.stop()
})
const ferry = await startFerry({
  env: {
    ...github.env,
    ...{ SLACK_SIGNING_SECRET: SLACK_SECRET, SLACK_BOT_TOKEN: slack.token, SLACK_API_URL: slack.apiUrl },
  },
  people: {
    olga: { github_id: github.idOf('olga'), slack: slack.userId('olga') },
    paula: { github_id: github.idOf('paula'), slack: slack.userId('paula') },
  },
  policy: {
    notices: [{ channel: '#migrations', severity: 'warning', live: 'on' }],
    github: {
      reports: [{ jobs: 'web-02', repository: github.repository, ref: 'main' }],
      gates: [{ repository: github.repository, environment: 'production', run_name: 'Cut over {job}' }],
    },
    workflows: {
      audience: AUDIENCE,
      rules: [ruleFor(issuer.url, { repository_id: github.repositoryId, environment: 'production' })],
    },
  },
})
github.sendTo(ferry.url)

const inSlack = (user: string) =>
  slackPerson({ url: ferry.url, workspace: slack, user, channel: 'migrations' })

/** The message in the channel that says so. */
const message = (words: string) =>
  eventually(`"${words}" in Slack`, async () =>
    (await slack.messages(slack.channelId('migrations'))).findLast(({ text }) =>
      String(text).includes(words),
    ),
  )

/** `workflow_dispatch`: a run whose one job names the environment, and so waits for Ferry before it gets a runner. */
async function dispatch(job: string): Promise<Run> {
  return github.startRun({ actor: 'olga', environment: 'production', title: `Cut over ${job}` })
}

const requestFor = (job: string): Promise<number> =>
  eventually('the request', async () => {
    const found = await ferry.store.jobs.named(job)
    return (await ferry.store.approvals.open(found?.id ?? ''))[0]?.number
  })

/** What GitHub does once the gate is open: the job gets a runner, which runs the Action’s step. */
async function runnerOf(run: Run, job: string): Promise<Ended> {
  await eventually('the runner', async () => run.status === 'in_progress')
  issuer.say({
    ...{ repository: github.repository, repository_id: String(github.repositoryId) },
    ...{ actor: 'olga', actor_id: String(github.idOf('olga')), environment: 'production' },
    ...{ run_id: String(run.id), run_attempt: String(run.attempt) },
  })
  const inputs = {
    command: 'complete',
    job,
    'last-sync': 'true',
    'services-stopped': 'true',
    confirm: 'true',
  }
  const more = { 'server-url': ferry.url, audience: AUDIENCE, timeout: '50s' }
  return startStep({ ...inputs, ...more }, { id: String(run.id), env: issuer.env }).ended()
}

/** That there was one cutover, that it holds the source’s bytes, and that the run says so. */
async function cutOver(
  job: string,
  ended: Ended,
  disks: Parameters<typeof differingDisks>[2],
): Promise<void> {
  expect(ended.annotations).toEqual([])
  expect({ code: ended.code, ...ended.outputs }).toMatchObject({
    code: 0,
    decision: 'done',
    state: 'completed',
  })
  expect(await syncOf(ferry, job)).toMatchObject({ sync: 2, kind: 'final', askedBy: 'olga', result: 'ok' })
  expect(await differingDisks(ferry, (await newestImage(ferry, job)).id, disks)).toEqual([])
  const { id } = (await ferry.store.jobs.named(job)) ?? {}
  const audit = await ferry.store.audit.list({ jobId: id ?? '', limit: 200 })
  const begun = audit.filter(({ action, outcome }) => action === 'complete' && outcome === 'syncing')
  expect(begun).toHaveLength(1)
}

describe('a cutover by workflow_dispatch', () => {
  it('C2 C3: waits at its environment and goes on when a reviewer clicks in GitHub, exactly once', async () => {
    const disks = await ferry.migrate('web-01', [MIB])
    const run = await dispatch('web-01')
    const number = await requestFor('web-01')
    // What the services write before the workflow stops them belongs to the last image.
    await github.review(run, 'paula', 'approved', 'go')
    disks[0]?.write(8192, 20_000, 'written after the approval')
    const ended = await runnerOf(run, 'web-01')

    await cutOver('web-01', ended, disks)
    expect(run.comments.at(-1)).toContain(`Request ${number} was approved by paula.`)
  })

  it('C2 C3: waits at its environment and goes on when Approve is pressed in Slack by somebody else, exactly once', async () => {
    const disks = await ferry.migrate('web-02', [MIB], 'limit=1mbit')
    const run = await dispatch('web-02')
    const number = await requestFor('web-02')
    const request = await message(`Request ${number}: olga asks to complete web-02`)
    await inSlack('olga').presses(request, 'Approve')
    await inSlack('paula').presses(request, 'Approve')
    disks[0]?.write(8192, MIB / 2, 'written after the approval')
    const running = runnerOf(run, 'web-02')
    await message('Sync #2 of web-02')
    await ferry.tell('limit web-02 off')
    const ended = await running

    await cutOver('web-02', ended, disks)
    expect(run.comments.at(-1)).toContain(`Request ${number} was approved by paula.`)
    const over = await message(
      `Request ${number}: olga asks to complete web-02: approved by paula, and begun`,
    )
    expect(over['ts']).toBe(request['ts'])
    expect(labelsOf(over)).toEqual([])
    expect(wordsOf(request)).toContain(`/actions/runs/${run.id}`)
    const end = await message('web-02 is Completed')
    expect(wordsOf(end)).toContain('asked by olga')
    expect(slack.problems).toEqual([])
    // Message, run and check lead to each other; GitHub’s own pages are not on loopback and so not led to here.
    const page = `/actions/runs/${run.id}`
    const archive = 'https://slack.com/archives/'
    const check = await eventually('the way from the check to Slack', async () =>
      (await github.checks()).find(
        ({ name, output }) =>
          name === `Ferry: web-02 sync #2 (run ${run.id})` && JSON.stringify(output).includes(archive),
      ),
    )
    expect(check['details_url']).toContain(page)
    const status = github.calls.find(
      ({ route }) => route.endsWith('/{deployment_id}/statuses') && route.startsWith('POST'),
    )
    expect(status?.body['log_url']).toContain(page)
    expect(JSON.stringify(check['output'])).toContain(page)
    expect(wordsOf(end)).toContain(page)
    expect(run.comments.at(-1)).toContain(archive)
    expect(ended.summary).toMatch(/See also: \[Slack\]\(https:\S+\)/)
  })

  it('C3: does nothing when it is denied: the run ends without a runner, with the reason', async () => {
    await ferry.migrate('web-03', [MIB])
    const run = await dispatch('web-03')
    await ferry.tell(`deny ${await requestFor('web-03')} reason='not tonight'`, 'paula')
    await eventually('the end of the run', async () => run.status === 'completed')

    expect(run.comments.at(-1)).toContain('was denied: not tonight. Nothing was done.')
    expect((await ferry.store.jobs.named('web-03'))?.state).toBe('waiting')
  })
})
