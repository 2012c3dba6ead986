import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { createVerifier } from '../../../bot/api/oidc.ts'
import { startOidcIssuer } from '../../support/oidc-issuer.ts'

const AUDIENCE = 'https://ferry.acme.example'
const issuer = await startOidcIssuer()
afterAll(() => issuer.stop())
afterEach(() => void vi.useRealTimers())

/** A bot that has fetched no keys yet. */
function aBot(): () => Promise<{ readonly code?: string; readonly isPassing?: true; readonly jti?: string }> {
  const verify = createVerifier()
  return async () =>
    verify(await issuer.mint({ audience: AUDIENCE }), {
      ...{ issuers: [issuer.url], audience: AUDIENCE, now: new Date() },
    })
}
const BELIEVED = { jti: expect.any(String) as string }
const NOT_NOW = { code: 'keys-unavailable', isPassing: true }

describe('the keys of an issuer', () => {
  it('are asked for again when they could not be had, which nobody is blamed for', async () => {
    const show = aBot()
    issuer.keysOff(true)
    const during = await show()
    issuer.keysOff(false)

    expect(during).toMatchObject(NOT_NOW)
    expect(await show()).toMatchObject(BELIEVED)
  })

  it('are kept through an outage', async () => {
    const show = aBot()
    await show()
    issuer.keysOff(true)
    const during = await show()
    issuer.keysOff(false)

    expect(during).toMatchObject(BELIEVED)
  })

  it('may change: a new one is fetched, every 30 s at most, and asking again helps meanwhile', async () => {
    const show = aBot()
    await show()
    const before = issuer.fetched()
    issuer.renameKey('key-2')
    const [first, second] = [await show(), await show()]
    const fetched = issuer.fetched() - before
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 })

    expect([first, second]).toMatchObject([NOT_NOW, NOT_NOW])
    expect(fetched).toBe(0)
    expect(await show()).toMatchObject(BELIEVED)
  })
})
