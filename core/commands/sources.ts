import { formatBytes } from '../domain/bytes.ts'
import { counted } from '../domain/counted.ts'
import { formatDuration } from '../domain/duration.ts'
import { SILENCE_MS } from '../ports/machines.ts'
import { defineCommand } from './define.ts'
import { done } from './reply.ts'

export const sources = defineCommand({
  name: 'sources',
  summary: 'List the sources and whether their agents answer',
  effect: 'read',
  args: {},
  example: 'sources',
  run: async (_args, { store, clock }) => {
    const all = await store.sources.list()
    if (all.length === 0)
      return done('sources', 'No source is enrolled yet: `enrol <name>` makes a code for one.', {
        data: { sources: [] },
      })
    const now = clock.now().getTime()
    const rows = await Promise.all(
      all.map(async ({ id, name, agent }) => {
        const job = await store.jobs.openOfSource(id)
        if (agent === undefined) return [name, 'not enrolled', '', '', job?.name ?? '']
        const silent = now - agent.seenAt.getTime()
        const disks = agent.disks.map((disk) => `${disk.path} ${formatBytes(disk.sizeBytes)}`).join(', ')
        const seen = silent < SILENCE_MS ? 'online' : `silent for ${formatDuration(silent)}`
        return [
          name,
          seen,
          `${agent.host.hostname}, ${agent.host.arch}, ${agent.host.bootMode}`,
          disks,
          job?.name ?? '',
        ]
      }),
    )
    return done('sources', `${counted(all.length, 'source')}.`, {
      table: { columns: ['source', 'agent', 'host', 'disks', 'job'], rows },
      data: {
        sources: all.map((source) => ({
          name: source.name,
          enrolled: source.agent !== undefined,
          seenAt: source.agent?.seenAt.toISOString() ?? null,
          disks: source.agent?.disks ?? [],
        })),
      },
    })
  },
})
