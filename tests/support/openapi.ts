/** GitHub’s own description of its API: which routes there are, and what may be sent to them. */
import { createRequire } from 'node:module'
import { Ajv } from 'ajv'
import type { ValidateFunction } from 'ajv'

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly requestBody?: object }>>>>
}

export interface OpenApi {
  /** `POST /repos/{owner}/{repo}/check-runs`; undefined when GitHub has no such route. */
  route(method: string, path: string): string | undefined
  /** What is wrong with a body, in words; undefined when it is as GitHub wants it. */
  problem(route: string, body: unknown): string | undefined
}

/** Reads the description once per process; about a second. */
export function openApi(): OpenApi {
  return (read ??= load())
}

let read: OpenApi | undefined

function load(): OpenApi {
  const description = createRequire(import.meta.url)(
    '@octokit/openapi/generated/api.github.com.json',
  ) as Description
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false })
  ajv.addSchema(description, 'github')
  const validators = new Map<string, ValidateFunction>()
  const patterns = Object.keys(description.paths).map((path) => ({
    path,
    // Fixed words count more than placeholders: `/repos/{owner}/{repo}/issues/comments/{id}` is no number of an issue.
    fixed: path.split('/').filter((part) => !part.startsWith('{')).length,
    pattern: new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}$`),
  }))
  patterns.sort((a, b) => b.fixed - a.fixed)
  return {
    route: (method, path) => {
      const found = patterns.find(
        ({ pattern, path: template }) =>
          pattern.test(path) && description.paths[template]?.[method.toLowerCase()] !== undefined,
      )
      return found && `${method} ${found.path}`
    },
    problem: (route, body) => {
      const [method = '', path = ''] = route.split(' ')
      if (description.paths[path]?.[method.toLowerCase()]?.requestBody === undefined)
        return body === undefined ? undefined : 'this call has no body'
      const place = path
        .replaceAll('~', '~0')
        .replaceAll('/', '~1')
        .replaceAll('{', '%7B')
        .replaceAll('}', '%7D')
      const reference = `github#/paths/${place}/${method.toLowerCase()}/requestBody/content/application~1json/schema`
      const validate = validators.get(route) ?? ajv.compile({ $ref: reference })
      validators.set(route, validate)
      if (validate(body ?? {})) return undefined
      return ajv.errorsText(validate.errors)
    },
  }
}
