import { describe, expect, it } from 'vitest'
import { slackManifest } from '../../../bot/slack/manifest.ts'
import { catalogue } from '../../../core/commands/catalogue.ts'
import { manifestJson } from '../../../scripts/slack-manifest.ts'

const URL = 'https://ferry.example.com'

describe('the manifest of the Slack app', () => {
  it('names every command in its hint, within the limit of Slack', () => {
    const [command] = slackManifest(URL).features.slash_commands

    for (const { name } of catalogue) expect(command?.usage_hint.split(' | ')).toContain(name)
    expect(command?.usage_hint.length).toBeLessThanOrEqual(1000)
    expect(command).toMatchObject({ command: '/ferry', should_escape: true, url: `${URL}/slack/events` })
  })

  it('has shortcuts that are commands', () => {
    for (const { callback_id: id } of slackManifest(URL).features.shortcuts)
      expect(catalogue.map(({ name }) => name)).toContain(id)
  })

  it('names no address in Socket Mode', () => {
    expect(manifestJson(undefined)).not.toContain('http')
    expect(slackManifest(undefined).settings.socket_mode_enabled).toBe(true)
    expect(slackManifest(URL).settings.socket_mode_enabled).toBe(false)
  })

  it('names where an installation by OAuth comes back to', () => {
    expect(slackManifest(URL, true).oauth_config).toMatchObject({
      redirect_urls: [`${URL}/slack/oauth_redirect`],
    })
    expect(slackManifest(URL).oauth_config).not.toHaveProperty('redirect_urls')
  })
})
