import { GITHUB_ISSUER } from './workflows.ts'

/** The page of a workflow run, as browsers reach it; undefined when the issuer of its token does not tell where. */
export function runPage(run: {
  readonly issuer: string
  readonly repository: string
  readonly run_id: string
}): string | undefined {
  const web = webOf(run.issuer)
  // Both come signed; what is shown as a link is looked at all the same.
  const isWhole = /^[\w.-]+\/[\w.-]+$/.test(run.repository) && /^[0-9]+$/.test(run.run_id)
  return web === undefined || !isWhole ? undefined : `${web}/${run.repository}/actions/runs/${run.run_id}`
}

/** GitHub itself, whose enterprises may add their name; its servers of a company's own; those that it runs for one. */
function webOf(issuer: string): string | undefined {
  if (issuer === GITHUB_ISSUER || issuer.startsWith(`${GITHUB_ISSUER}/`)) return 'https://github.com'
  const own = /^(https:\/\/[\w.:-]+)\/_services\/token$/.exec(issuer)?.[1]
  const hosted = /^https:\/\/token\.actions\.([\w-]+\.ghe\.com)(?:\/[\w-]+)?$/.exec(issuer)?.[1]
  return own ?? (hosted === undefined ? undefined : `https://${hosted}`)
}
