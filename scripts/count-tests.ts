import { readFileSync } from 'node:fs'

/**
 * Says `N passed, N failed` of the report that Vitest wrote, named as the argument. A test file that could not be
 * loaded counts as one failure, and so does a report that is missing: a gate before the tests did not hold.
 */

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

function countTests(path: string): { passed: number; failed: number } {
  let report: Report
  try {
    report = JSON.parse(readFileSync(path, 'utf8')) as Report
  } catch {
    return { passed: 0, failed: 1 }
  }
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )
  return { passed: report.numPassedTests, failed: report.numFailedTests + unloaded.length }
}

const { passed, failed } = countTests(process.argv[2] ?? '')
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
