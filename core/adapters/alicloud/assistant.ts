import { Fault } from '../../domain/faults.ts'
import type { Cloud, CommandResult } from '../../ports/cloud.ts'
import type { Ecs } from './client.ts'
import { cloudCode } from './errors.ts'
import type { Body } from './sdk.ts'
import { clientToken } from './token.ts'

type Assistant = Pick<Cloud, 'assistantAnswers' | 'runCommand' | 'commandResult' | 'consoleOutput'>

/** The shortest and the longest time limit of a command, in seconds. */
const TIMEOUT_S = { min: 10, max: 86_400 }
/** What has not ended yet. */
const UNDER_WAY = ['Pending', 'Scheduled', 'Running', 'Stopping']

/** The Cloud Assistant in the instances of a region, and what they write to their consoles. */
export function assistantOf(ecs: Ecs): Assistant {
  const { region: regionId } = ecs
  return {
    assistantAnswers: async (instanceId) => {
      const body = await ecs.ask('describeCloudAssistantStatus', { regionId, instanceId: [instanceId] })
      const [found] = body.instanceCloudAssistantStatusSet?.instanceCloudAssistantStatus ?? []
      return found?.cloudAssistantStatus === 'true'
    },
    runCommand: async ({ token, instanceId, script, timeoutMs }) => {
      const seconds = Math.ceil(timeoutMs / 1000)
      const { invokeId, requestId } = await ecs.ask('runCommand', {
        clientToken: clientToken(token),
        regionId,
        instanceId: [instanceId],
        type: 'RunShellScript',
        contentEncoding: 'Base64',
        commandContent: Buffer.from(script).toString('base64'),
        timeout: Math.min(TIMEOUT_S.max, Math.max(TIMEOUT_S.min, seconds)),
      })
      if (invokeId !== undefined) return invokeId
      throw new Fault('CLOUD_REFUSED', 'The cloud named no invocation.', { RequestId: requestId ?? '' })
    },
    commandResult: async ({ invocationId, instanceId }) => {
      const body = await ecs.ask('describeInvocationResults', {
        regionId,
        invokeId: invocationId,
        instanceId,
      })
      const [found] = body.invocation?.invocationResults?.invocationResult ?? []
      // Not listed yet, or still running: the caller looks again.
      return found === undefined || UNDER_WAY.includes(found.invocationStatus ?? 'Pending')
        ? undefined
        : toResult(found)
    },
    consoleOutput: async (instanceId) => {
      try {
        const { consoleOutput } = await ecs.ask('getInstanceConsoleOutput', { regionId, instanceId })
        return Buffer.from(consoleOutput ?? '', 'base64').toString('utf8')
      } catch (error) {
        // It is evidence, no more: some instance families have no console, some keys may not read it.
        const isNone = error instanceof Fault && error.code !== 'CLOUD_BUSY'
        if (isNone || cloudCode(error) === 'InvalidInstanceId.NotFound') return ''
        throw error
      }
    },
  }
}

type EcsResult = NonNullable<
  NonNullable<
    NonNullable<Body<'describeInvocationResults'>['invocation']>['invocationResults']
  >['invocationResult']
>[number]

function toResult(found: EcsResult): CommandResult {
  const output = Buffer.from(found.output ?? '', 'base64').toString('utf8')
  if (found.invocationStatus === 'Success') return { end: 'exited', exitCode: 0, output, detail: '' }
  const detail = [found.errorCode, found.errorInfo].filter((part) => part).join(': ')
  if (found.invocationStatus === 'Timeout') return { end: 'timeout', exitCode: null, output, detail }
  const exitCode = found.exitCode ?? null
  return found.errorCode === 'ExitCodeNonzero' && exitCode !== null
    ? { end: 'exited', exitCode, output, detail }
    : { end: 'not run', exitCode: null, output, detail }
}
