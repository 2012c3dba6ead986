import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './support/run.ts'

const DECISIONS = join(ROOT, 'docs', 'decisions')

describe('the decisions', () => {
  const names = readdirSync(DECISIONS).sort()

  it('are numbered one after the other: take the next free number', () => {
    expect(names.map((name) => name.slice(0, 4))).toEqual(
      names.map((_name, at) => String(at + 1).padStart(4, '0')),
    )
  })

  it.each(names)('%s begins with its number', (name) => {
    const text = readFileSync(join(DECISIONS, name), 'utf8')
    expect(text).toMatch(new RegExp(`^# ${Number(name.slice(0, 4))}\\. `))
  })
})

describe('a link between pages', () => {
  const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs', 'docs/decisions'].flatMap((at) =>
    at.endsWith('.md')
      ? [at]
      : readdirSync(join(ROOT, at)).flatMap((name) => (name.endsWith('.md') ? [`${at}/${name}`] : [])),
  )

  it.each(pages)('in %s leads to something', (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8')
    const targets = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(
      ([, target]) => target ?? '',
    )
    expect(targets.filter((target) => !existsSync(join(ROOT, dirname(page), target)))).toEqual([])
  })
})
