import { describe, expect, it } from 'vitest'
import { runPage } from '../../../core/domain/run-page.ts'

const RUN = {
  issuer: 'https://token.actions.githubusercontent.com',
  repository: 'acme/infra',
  run_id: '9000',
}

describe('the page of a workflow run', () => {
  it.each([
    ['https://token.actions.githubusercontent.com', 'https://github.com'],
    // An enterprise may have its name added.
    ['https://token.actions.githubusercontent.com/acme', 'https://github.com'],
    ['https://ghes.example.com/_services/token', 'https://ghes.example.com'],
    ['https://token.actions.acme.ghe.com', 'https://acme.ghe.com'],
  ])('of %s is at %s', (issuer, web) => {
    expect(runPage({ ...RUN, issuer })).toBe(`${web}/acme/infra/actions/runs/9000`)
  })

  it('is not known of an issuer that does not tell where, nor of names that are none', () => {
    expect(runPage({ ...RUN, issuer: 'http://127.0.0.1:4000' })).toBeUndefined()
    expect(
      runPage({ ...RUN, issuer: 'https://evil.test/?https://ghes.test/_services/token' }),
    ).toBeUndefined()
    expect(runPage({ ...RUN, repository: 'acme/infra/../../x' })).toBeUndefined()
    expect(runPage({ ...RUN, run_id: '9000/x' })).toBeUndefined()
  })
})
