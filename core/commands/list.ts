import { STATES } from '../domain/job.ts'
import { counted } from '../domain/counted.ts'
import { flag } from './args.ts'
import { defineCommand } from './define.ts'
import type { FleetRow } from './describe-fleet.ts'
import { describeFleet } from './describe-fleet.ts'
import { done } from './reply.ts'

export const list = defineCommand({
  name: 'list',
  summary: 'List the jobs: how far behind each is, what it costs, and what waits for a person',
  effect: 'read',
  args: { all: flag('cleared ones too'), needs: flag('only those that wait for a person') },
  example: 'list --needs',
  run: async ({ all, needs }, context) => {
    const { rows, needing, cost, frozen } = await describeFleet(context, {
      ...(all ? { states: STATES } : {}),
      needy: needs,
    })
    if (rows.length === 0)
      return done(
        'jobs',
        needs ? 'No job waits for a person.' : 'There are no jobs yet: `create <name>` makes one.',
        {
          data: { jobs: [] },
        },
      )
    const waiting =
      needing === 0 || needs ? '' : `, ${needing} of them ${needing === 1 ? 'waits' : 'wait'} for a person`
    return done(
      'jobs',
      `${counted(rows.length, 'job')}${needs ? ` ${rows.length === 1 ? 'waits' : 'wait'} for a person` : waiting}.`,
      {
        facts: {
          ...(frozen === null ? {} : { 'All frozen': frozen }),
          ...(cost === 'nothing' ? {} : { 'All cost': cost }),
        },
        table: {
          columns: ['job', 'state', 'last sync', 'next sync', 'lag', 'keep', 'cost an hour', 'needs', 'held'],
          rows: rows.map((row) => [
            ...[row.job, row.stateWords, row.lastSync, row.nextSync, row.lag, row.keep, row.cost],
            row.needs.map(({ what, command }) => `${what}: \`${command}\``).join('; '),
            row.held,
          ]),
        },
        data: { jobs: rows.map(dataOf) },
      },
    )
  },
})

function dataOf({ actions, lastSyncAt, nextSyncAt, ...row }: FleetRow): Readonly<Record<string, unknown>> {
  return {
    ...row,
    lastSyncAt: lastSyncAt?.toISOString() ?? null,
    nextSyncAt: nextSyncAt?.toISOString() ?? null,
    possible: actions.map(({ label }) => label),
  }
}
