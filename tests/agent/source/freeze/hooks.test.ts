import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { endHooksLeftBehind, findHooks, Hooks } from '../../../../agent/source/freeze/hooks.ts'

let directory: string
let notes: string
const said = (): string =>
  existsSync(join(directory, 'said')) ? readFileSync(join(directory, 'said'), 'utf8') : ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ferry-hooks-'))
  notes = mkdtempSync(join(tmpdir(), 'ferry-notes-'))
})
afterEach(() => [directory, notes].forEach((path) => rmSync(path, { recursive: true })))

function hook(name: string, script: string, mode = 0o755): void {
  writeFileSync(join(directory, name), `#!/bin/sh\necho ${name} $1 >> ${directory}/said\n${script}\n`)
  chmodSync(join(directory, name), mode)
}

const hooks = (ms?: number): Hooks => new Hooks(notes, findHooks(directory), ms)

describe('the hooks of an instant', () => {
  it('run in the order of their names before, and in the opposite order after', async () => {
    hook('20-b', '')
    hook('10-a', '')
    hook('readme', '', 0o644)
    const run = hooks()

    expect(await run.before()).toBeUndefined()
    expect(await run.after()).toEqual([])
    expect(said()).toBe('10-a before\n20-b before\n20-b after\n10-a after\n')
  })

  it('stop at the first that fails, and undo what was begun', async () => {
    hook('10-a', '')
    hook('20-b', 'exit 4')
    hook('30-c', '')
    const run = hooks()

    expect(await run.before()).toBe('the hook 20-b ended with 4 before the freeze')
    expect(await run.after()).toEqual(['the hook 20-b ended with 4 after the freeze'])
    expect(said()).toBe('10-a before\n20-b before\n20-b after\n10-a after\n')
  })

  it('are ended when they take too long', async () => {
    hook('10-a', '[ $1 = after ] || exec sleep 60')
    const run = hooks(100)

    expect(await run.before()).toBe('the hook 10-a did not end within 0.1 s before the freeze')
  })

  it('are not run when others may change them', async () => {
    hook('10-a', '', 0o777)

    expect(await hooks().before()).toBe('the hook 10-a can be changed by others')
    expect(said()).toBe('')
  })

  it('need not be there', async () => {
    expect(await new Hooks(notes, findHooks(join(directory, 'none'))).before()).toBeUndefined()
  })

  it('that were begun by an agent that was killed are ended by the next one, once', async () => {
    hook('10-a', '')
    hook('20-b', 'exit 4')
    hook('30-c', '')
    await hooks().before()

    for (let start = 0; start < 2; start++) await endHooksLeftBehind(notes, findHooks(directory))

    expect(said()).toBe('10-a before\n20-b before\n20-b after\n10-a after\n')
  })
})
