import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { ROOT } from '../support/run.ts'

/** GitHub's syntax of an action that runs on Node: it warns of a key that it does not know, and leaves it out. */
const Id = z.string().regex(/^[A-Za-z_][\w-]*$/)
const File = z.string().refine((path) => existsSync(join(ROOT, path)), 'there is no such file')
const ActionFile = z.strictObject({
  name: z.string().min(1),
  // Longer ones are cut in the Marketplace.
  description: z.string().min(1).max(125),
  branding: z.strictObject({
    icon: z.string().regex(/^[a-z-]+$/),
    color: z.enum(['white', 'black', 'yellow', 'blue', 'green', 'orange', 'red', 'purple', 'gray-dark']),
  }),
  inputs: z.record(
    Id,
    z.strictObject({ description: z.string().min(1), required: z.boolean(), default: z.string().optional() }),
  ),
  outputs: z.record(Id, z.strictObject({ description: z.string().min(1) })),
  runs: z.strictObject({
    ...{ using: z.literal('node24'), main: File, post: File },
    'post-if': z.literal(['always()', 'cancelled()', 'failure()', 'success()']),
  }),
})
const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as Record<string, object>

describe('action.yml', () => {
  it('is an action as GitHub reads it, and its programs are there', () => {
    expect(ActionFile.safeParse(action).error?.issues).toBeUndefined()
  })

  it.each([
    ['a key that nobody reads', { input: {} }],
    ['a runtime that runners do not have any more', { runs: { ...action['runs'], using: 'node16' } }],
    ['a program that is not there', { runs: { ...action['runs'], main: 'dist/index.js' } }],
    ['an input without a word about it', { inputs: { job: { required: false } } }],
    ['an output that a program cannot have', { outputs: { state: { description: 'x', value: 'y' } } }],
  ])('would not be one with %s', (_what, wrong) => {
    expect(ActionFile.safeParse({ ...action, ...wrong }).success).toBe(false)
  })

  it('asks for what has no default, and gives no default to what must be given', () => {
    const inputs = ActionFile.parse(action).inputs
    const needed = Object.entries(inputs).filter(([, { required }]) => required)

    expect(needed.map(([name]) => name)).toEqual(['server-url', 'command'])
    expect(needed.filter(([, { default: given }]) => given !== undefined)).toEqual([])
  })
})
