import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { CAPABILITIES } from '../tests/support/capabilities.ts'

/**
 * Says `N passed, N failed` of the report that Vitest wrote, named as the argument, and `, N skipped` where some were.
 * A test file that could not be loaded counts as one failure, and so does a report that is missing: a gate before the
 * tests did not hold. Each skipped test is named, with what this machine lacks; one that tests/skips.json does not
 * allow, or that this machine could have run, fails the count.
 */

const ROOT = join(import.meta.dirname, '..')

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

interface Skip {
  readonly file: string
  readonly test: string
}

/** By test file: what its tests need, and the most that may be skipped without it. */
type Allowed = Readonly<Record<string, { readonly needs: string; readonly most: number }>>

function countTests(path: string): { passed: number; failed: number; skipped: readonly Skip[] } {
  let report: Report
  try {
    report = JSON.parse(readFileSync(path, 'utf8')) as Report
  } catch {
    return { passed: 0, failed: 1, skipped: [] }
  }
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )
  const skipped = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => ['skipped', 'pending', 'todo', 'disabled'].includes(status))
      .map(({ fullName }) => ({ file: relative(ROOT, name), test: fullName })),
  )
  return { passed: report.numPassedTests, failed: report.numFailedTests + unloaded.length, skipped }
}

/** Names every skipped test; returns how many of them should have run. */
function nameSkips(skipped: readonly Skip[], allowed: Allowed): number {
  let unexplained = 0
  for (const file of new Set(skipped.map((skip) => skip.file))) {
    const tests = skipped.filter((skip) => skip.file === file)
    const rule = allowed[file]
    const lacking = rule === undefined ? undefined : CAPABILITIES[rule.needs]?.()
    const surplus = lacking === undefined ? tests.length : Math.max(0, tests.length - (rule?.most ?? 0))
    for (const { test } of tests)
      say(`skipped: ${file}: ${test}: ${lacking ?? 'nothing keeps it from running'}`)
    if (surplus > 0) say(`${surplus} more skipped in ${file} than tests/skips.json allows on this machine`)
    unexplained += surplus
  }
  return unexplained
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

const { passed, failed, skipped } = countTests(process.argv[2] ?? '')
const allowed = JSON.parse(readFileSync(join(ROOT, 'tests', 'skips.json'), 'utf8')) as Allowed
const unexplained = nameSkips(skipped, allowed)
say(`${passed} passed, ${failed} failed${skipped.length === 0 ? '' : `, ${skipped.length} skipped`}`)
process.exitCode = failed === 0 && passed > 0 && unexplained === 0 ? 0 : 1
