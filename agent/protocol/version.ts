/** The version of agent and receiver, as told to the bot; the bundle's build puts the package's version in. */
declare const FERRY_VERSION: string | undefined

export const VERSION: string = typeof FERRY_VERSION === 'string' ? FERRY_VERSION : '0.1.0'
