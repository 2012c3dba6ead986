import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, resolve, sep } from 'node:path'
import ts from 'typescript'

export const ROOT = resolve(import.meta.dirname, '..', '..')

/** Folders that hold nothing of ours, wherever they are. */
const SKIPPED = new Set(['node_modules', 'dist', '.ferry', '.git', 'coverage'])

/** One of our TypeScript files: its path from the root with `/`, and what it says. */
export interface SourceFile {
  readonly path: string
  readonly lines: number
  readonly tree: ts.SourceFile
}

/** A module that a file names, wherever it names it: import, export from, `import()` or `import('…').Type`. */
export interface Import {
  readonly specifier: string
  /** The path from the root of one of our files; undefined for a package or a module of Node. */
  readonly ours: string | undefined
}

/** Every `.ts` file under the given folders and, with `''`, those at the root itself. */
export function sourceFiles(...folders: string[]): SourceFile[] {
  return folders
    .flatMap((folder) => pathsIn(join(ROOT, folder), folder !== ''))
    .map((path) => {
      const text = readFileSync(path, 'utf8')
      const name = relative(ROOT, path).split(sep).join('/')
      return {
        path: name,
        lines: text.trimEnd().split('\n').length,
        tree: ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true),
      }
    })
}

function pathsIn(folder: string, deep: boolean): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return deep ? pathsIn(path, deep) : []
    return entry.name.endsWith('.ts') ? [path] : []
  })
}

/** Every node of a file, depth first. */
export function nodesOf(file: SourceFile): ts.Node[] {
  const found: ts.Node[] = []
  const visit = (node: ts.Node): void => {
    found.push(node)
    ts.forEachChild(node, visit)
  }
  visit(file.tree)
  return found
}

/** The modules that a file names. One that is computed comes back as its text: `import(name)`. */
export function importsOf(file: SourceFile): Import[] {
  return nodesOf(file)
    .map(moduleNamed)
    .filter((named) => named !== undefined)
    .map((named) => {
      const specifier = ts.isStringLiteralLike(named) ? named.text : named.parent.getText()
      const isOurs = ts.isStringLiteralLike(named) && specifier.startsWith('.')
      return { specifier, ours: isOurs ? posix.join(dirname(file.path), specifier) : undefined }
    })
}

function moduleNamed(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier
  if (ts.isImportTypeNode(node))
    return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node.argument
  if (!ts.isCallExpression(node)) return undefined
  const isRequire = ts.isIdentifier(node.expression) && node.expression.text === 'require'
  const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword
  return isImport || isRequire ? node.arguments[0] : undefined
}

/** `@scope/name/deep` and `name/deep` as the package that package.json lists. */
export function packageOf(specifier: string): string {
  const parts = specifier.split('/')
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}
