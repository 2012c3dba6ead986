/** Writes what is said once in code and shown elsewhere. With `--check` it only names what is stale, and exits 1. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { ACTION_BUNDLE, bundleAction } from './bundle-action.ts'
import { actionPage } from './generate/action-page.ts'
import { actionYaml } from './generate/action-inputs.ts'
import { policyPage, policySchema } from './generate/policy.ts'
import { commandsPage, configurationPage, faultsPage, lifePage, permissionsPage } from './generate/docs.ts'
import { EXAMPLE_URL, manifestJson } from './slack-manifest.ts'

const ROOT = resolve(import.meta.dirname, '..')

/** Every generated file, by its path. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  const texts = {
    'action.yml': actionYaml(),
    'docs/action.md': actionPage(await readFile(join(ROOT, 'docs/action.md'), 'utf8')),
    'docs/commands.md': commandsPage(),
    'docs/configuration.md': configurationPage(),
    'docs/ferry.schema.json': policySchema(),
    'docs/faults.md': faultsPage(),
    'docs/life.md': lifePage(),
    'docs/policy.md': policyPage(await readFile(join(ROOT, 'ferry.example.yaml'), 'utf8')),
    'docs/permissions.md': permissionsPage(),
    'docs/slack-manifest.json': manifestJson(EXAMPLE_URL),
  }
  for (const [path, text] of Object.entries(texts)) {
    const filepath = join(ROOT, path)
    files.set(path, await format(text, { ...(await resolveConfig(filepath)), filepath }))
  }
  return files.set(ACTION_BUNDLE, await bundleAction())
}

/** The generated files that are not as they should be. */
export async function staleFiles(files: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const stale: string[] = []
  for (const [path, text] of files)
    if ((await readFile(join(ROOT, path), 'utf8').catch(() => undefined)) !== text) stale.push(path)
  return stale
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = await generatedFiles()
  const stale = await staleFiles(files)
  const isCheck = process.argv.includes('--check')
  for (const path of stale) {
    console.log(isCheck ? `${path} is stale: run \`npm run generate\`.` : path)
    if (isCheck) continue
    await mkdir(dirname(join(ROOT, path)), { recursive: true })
    await writeFile(join(ROOT, path), files.get(path) ?? '')
  }
  if (isCheck && stale.length > 0) process.exitCode = 1
}
