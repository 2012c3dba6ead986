import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { nodesOf, sourceFiles } from './support/source-files.ts'
import type { SourceFile } from './support/source-files.ts'

const files = sourceFiles('tests')

/** A test or a group of tests, as it stands in a file. */
interface Named {
  readonly kind: 'describe' | 'it'
  readonly name: string
  /** What is said between the word and the name: `only`, `each`, `runIf` … */
  readonly manners: readonly string[]
  readonly node: ts.CallExpression
}

/** Reads `it('…')`, `it.only('…')`, `it.each([…])('…')` and their like. */
function named(node: ts.Node): Named | undefined {
  if (!ts.isCallExpression(node)) return undefined
  const [first] = node.arguments
  if (first === undefined || !(ts.isStringLiteralLike(first) || ts.isTemplateExpression(first)))
    return undefined
  const manners: string[] = []
  let callee: ts.Expression = node.expression
  while (ts.isCallExpression(callee) || ts.isPropertyAccessExpression(callee)) {
    if (ts.isPropertyAccessExpression(callee)) manners.unshift(callee.name.text)
    callee = callee.expression
  }
  const word = ts.isIdentifier(callee) ? callee.text : ''
  if (!['describe', 'it', 'test'].includes(word)) return undefined
  const name = ts.isStringLiteralLike(first) ? first.text : first.getText().slice(1, -1)
  return { kind: word === 'describe' ? 'describe' : 'it', name, manners, node }
}

function namedIn(file: SourceFile): Named[] {
  return nodesOf(file)
    .map(named)
    .filter((found) => found !== undefined)
}

/** The name with those of the groups around it, as a report shows it. */
function fullName(found: Named): string {
  const groups: string[] = []
  for (let node: ts.Node = found.node.parent; !ts.isSourceFile(node); node = node.parent) {
    const group = named(node)
    if (group !== undefined) groups.unshift(group.name)
  }
  return [...groups, found.name].join(' › ')
}

describe('the tests', () => {
  it('have names of their own within a file', () => {
    const twice = files.flatMap((file) => {
      const names = namedIn(file)
        .filter(({ kind }) => kind === 'it')
        .map(fullName)
      return names
        .filter((name, index) => names.indexOf(name) !== index)
        .map((name) => `${file.path}: ${name}`)
    })

    expect(twice).toEqual([])
  })

  it('state facts: none says what ought to be', () => {
    const wishes = files.flatMap((file) =>
      namedIn(file)
        .filter(({ name }) => /\bshould\b/i.test(name))
        .map(({ name }) => `${file.path}: ${name}`),
    )

    expect(wishes).toEqual([])
  })

  it('all run: none is singled out, passed over or yet to be written', () => {
    const left = files.flatMap((file) =>
      namedIn(file)
        .filter(({ manners }) => manners.some((manner) => ['only', 'skip', 'todo', 'fails'].includes(manner)))
        .map((found) => `${file.path}: ${fullName(found)}`),
    )

    expect(left).toEqual([])
  })

  it('mock no modules', () => {
    const mocks = files.filter((file) =>
      nodesOf(file).some(
        (node) => ts.isPropertyAccessExpression(node) && /^vi\.(do)?[mM]ock$/.test(node.getText()),
      ),
    )

    expect(mocks.map(({ path }) => path)).toEqual([])
  })
})
