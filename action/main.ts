/** The GitHub Action: one command to the bot, its reply as outputs, a summary and an honest exit status. */
import * as core from '@actions/core'
import { askBot } from './bot.ts'
import { readInputs } from './inputs.ts'
import { outputsOf, withoutSecrets } from './outputs.ts'
import { renderSummary } from './summary.ts'

async function main(): Promise<void> {
  const inputs = readInputs(process.env)
  if ('problem' in inputs) return core.setFailed(inputs.problem)
  core.setSecret(inputs.token)
  const { reply, secrets } = withoutSecrets(await askBot(inputs))
  for (const secret of secrets) core.setSecret(secret)
  for (const [name, value] of Object.entries(outputsOf(reply))) core.setOutput(name, value)
  if (process.env['GITHUB_STEP_SUMMARY']) await core.summary.addRaw(renderSummary(reply)).write()
  // A line that begins with two colons would be an order to the runner.
  const title = `Ferry: ${reply.title.replace(/\s+/g, ' ')}`
  // A step that waits for others has not done what it was asked; the next step must not run as if it had.
  if (reply.outcome === 'refused' || reply.code === 'approval-needed')
    core.setFailed(`${title} (${reply.code})`)
  else core.info(title)
}

main().catch((error: unknown) => core.setFailed(error instanceof Error ? error.message : String(error)))
