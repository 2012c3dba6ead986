import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { importsOf, nodesOf, packageOf, ROOT, sourceFiles } from './support/source-files.ts'
import type { Import, SourceFile } from './support/source-files.ts'

interface Row {
  /** Our folders and files, beside its own, that a folder may import. */
  readonly ours: readonly string[]
  /** npm packages. The modules of Node are free to all but the domain, which may only digest. */
  readonly npm: readonly string[]
}

/** Who may import what. The longest folder that a file lies in decides; see ARCHITECTURE.md for the reasons. */
const TABLE: Readonly<Record<string, Row>> = {
  'core/domain': { ours: [], npm: ['zod'] },
  'core/ports': { ours: ['core/domain'], npm: [] },
  'core/commands': { ours: ['core/domain', 'core/ports'], npm: [] },
  'core/engine': { ours: ['core/domain', 'core/ports'], npm: [] },
  'core/adapters/postgres': { ours: ['core/domain', 'core/ports'], npm: ['postgres', 'drizzle-orm'] },
  'core/adapters/bree': { ours: ['core/domain', 'core/ports'], npm: ['bree'] },
  'core/adapters/alicloud': {
    ours: ['core/domain', 'core/ports'],
    npm: ['@alicloud/ecs20140526', '@alicloud/openapi-core', '@darabonba/typescript'],
  },
  'core/adapters/agents': { ours: ['core/domain', 'core/ports', 'agent/protocol'], npm: [] },
  // The composition root and the configuration, each a file or a folder.
  'core/app': { ours: ['core', 'agent/protocol'], npm: ['pino'] },
  'core/config': { ours: ['core'], npm: ['pino', 'yaml', 'zod'] },
  bot: {
    ours: ['core/app', 'core/commands', 'bot/local'],
    npm: ['@slack/bolt', 'probot', 'hono', '@hono/node-server', 'jose', 'prom-client'],
  },
  'bot/local': { ours: ['bot', 'core/app', 'core/commands', 'sandbox'], npm: [] },
  action: { ours: ['core/commands'], npm: ['@actions/core'] },
  cli: { ours: ['core/commands'], npm: [] },
  agent: { ours: ['agent/protocol', 'agent/source', 'agent/receiver'], npm: [] },
  // Both ends digest, so the digest is part of what they agree on; and both call libc.
  'agent/protocol': { ours: [], npm: ['zod', '@napi-rs/blake-hash', 'hash-wasm', 'koffi'] },
  'agent/source': { ours: ['agent/protocol'], npm: ['zod', 'koffi'] },
  'agent/receiver': { ours: ['agent/protocol'], npm: ['zod'] },
  sandbox: { ours: [], npm: [] },
}

/** Modules whose name is computed, which no reader of imports can follow: each is looked at by hand. */
const COMPUTED = new Set(['core/adapters/postgres/embedded/binaries.ts'])

/** Longer than 300 lines for a reason. */
const LONG: Readonly<Record<string, string>> = {
  'core/domain/faults.ts': 'one table, read from top to bottom',
}
const LONGEST = 300

const PRODUCT = ['core', 'bot', 'action', 'agent', 'cli', 'sandbox'].filter((folder) =>
  existsSync(join(ROOT, folder)),
)
const product = sourceFiles(...PRODUCT)
const everything = [
  ...product,
  ...sourceFiles('tests', '', ...(existsSync(join(ROOT, 'scripts')) ? ['scripts'] : [])),
]

function isIn(path: string, folder: string): boolean {
  // `core/app` is the file core/app.ts as well as the folder core/app.
  return path.startsWith(`${folder}/`) || path === `${folder}.ts`
}

function folderOf(path: string): string | undefined {
  const folders = Object.keys(TABLE).filter((folder) => isIn(path, folder))
  return folders.sort((one, other) => other.length - one.length)[0]
}

function isAllowed(file: SourceFile, { specifier, ours }: Import): boolean {
  const folder = folderOf(file.path)
  const row = folder === undefined ? undefined : TABLE[folder]
  if (folder === undefined || row === undefined) return false
  if (specifier.startsWith('import(') || specifier.startsWith('require(')) return COMPUTED.has(file.path)
  if (ours !== undefined) return folderOf(ours) === folder || row.ours.some((allowed) => isIn(ours, allowed))
  // A digest is pure; chance, which is in the same module, is looked for below.
  if (specifier.startsWith('node:')) return folder !== 'core/domain' || specifier === 'node:crypto'
  return row.npm.includes(packageOf(specifier))
}

/** What each file names that `isWrong`, in words. */
function wrongImports(
  files: readonly SourceFile[],
  isWrong: (file: SourceFile, named: Import) => boolean,
): string[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter((named) => isWrong(file, named))
      .map((named) => `${file.path} imports ${named.ours ?? named.specifier}`),
  )
}

function wrongFiles(files: readonly SourceFile[], isWrong: (file: SourceFile) => boolean): string[] {
  return files.filter(isWrong).map(({ path }) => path)
}

describe('imports', () => {
  it.each(Object.keys(TABLE))('of %s are those that the table allows', (folder) => {
    const files = product.filter(({ path }) => folderOf(path) === folder)

    expect(wrongImports(files, (file, named) => !isAllowed(file, named))).toEqual([])
  })

  it('lie in a folder of the table, all of them', () => {
    expect(wrongFiles(product, ({ path }) => folderOf(path) === undefined)).toEqual([])
  })

  it('name files with their ending', () => {
    const isBare = (_file: SourceFile, { ours }: Import) =>
      ours !== undefined && !/\.(ts|json|cjs|mjs)$/.test(ours)

    expect(wrongImports(everything, isBare)).toEqual([])
  })

  it('name files that exist', () => {
    const isGone = (_file: SourceFile, { ours }: Import) =>
      ours !== undefined && !existsSync(join(ROOT, ours))

    expect(wrongImports(product, isGone)).toEqual([])
  })

  it('are seen in every form', () => {
    const text = `import 'a'
      import type { B } from './b.ts'
      export * from '../c.ts'
      type D = import('d').D
      const e = await import('@scope/e/deep')
      const f = require('f')
      const g = await import(name)`
    const tree = ts.createSourceFile('core/x/y.ts', text, ts.ScriptTarget.Latest, true)

    expect(importsOf({ path: 'core/x/y.ts', lines: 7, tree })).toEqual([
      { specifier: 'a', ours: undefined },
      { specifier: './b.ts', ours: 'core/x/b.ts' },
      { specifier: '../c.ts', ours: 'core/c.ts' },
      { specifier: 'd', ours: undefined },
      { specifier: '@scope/e/deep', ours: undefined },
      { specifier: 'f', ours: undefined },
      { specifier: 'import(name)', ours: undefined },
    ])
  })
})

describe('files', () => {
  it('are no barrels', () => {
    expect(wrongFiles(everything, ({ path }) => basename(path) === 'index.ts')).toEqual([])
  })

  it('are named after what they hold', () => {
    const empty = /(^|[/.-])(utils?|helpers?|managers?|services?|common)([/.-]|$)/

    expect(wrongFiles(everything, ({ path }) => empty.test(path))).toEqual([])
  })

  it('are named in kebab-case', () => {
    expect(
      wrongFiles(everything, ({ path }) => !/^[a-z0-9]+([-.][a-z0-9]+)*\.ts$/.test(basename(path))),
    ).toEqual([])
  })

  it(`have ${LONGEST} lines at most, or a reason`, () => {
    expect(wrongFiles(product, ({ path, lines }) => lines > LONGEST && !(path in LONG))).toEqual([])
  })

  it('have no default export, but where a tool asks for one', () => {
    const hasDefault = (file: SourceFile) =>
      nodesOf(file).some(
        (node) =>
          (ts.isExportAssignment(node) && node.isExportEquals !== true) ||
          (node.kind === ts.SyntaxKind.DefaultKeyword && node.parent.kind !== ts.SyntaxKind.DefaultClause),
      )

    expect(wrongFiles(everything, (file) => !file.path.endsWith('.config.ts') && hasDefault(file))).toEqual(
      [],
    )
  })
})

describe('the domain', () => {
  const IMPURE = new Set(['Date.now', 'Math.random', 'performance.now', 'process.env', 'process.hrtime'])
  const isImpure = (node: ts.Node): boolean => {
    if (ts.isPropertyAccessExpression(node)) return IMPURE.has(node.getText())
    if (ts.isImportSpecifier(node)) return /^random/.test(node.name.text)
    // `new Date()` is now, and so is `Date()`.
    if (ts.isNewExpression(node))
      return node.expression.getText() === 'Date' && (node.arguments?.length ?? 0) === 0
    return ts.isCallExpression(node) && ['Date', 'setTimeout', 'fetch'].includes(node.expression.getText())
  }

  it('knows no clock, no chance and no environment', () => {
    const domain = product.filter(({ path }) => isIn(path, 'core/domain'))

    expect(wrongFiles(domain, (file) => nodesOf(file).some(isImpure))).toEqual([])
  })
})
