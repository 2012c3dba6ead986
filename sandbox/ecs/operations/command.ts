import { refusal } from '../errors.ts'
import { asked, page } from './listing.ts'
import { count, flag, list, need, text } from '../fields.ts'
import { assistantOf } from '../assistant.ts'
import type { Invocation } from '../state.ts'
import type { Cloud } from '../cloud.ts'
import type { Fields } from '../wire.ts'
import { timeOrEmpty, timeText } from './operation.ts'
import type { Operation, Reply } from './operation.ts'

const LARGEST_COMMAND = 24 * 1024
const MOST_INSTANCES = 100

function decodeCommand(fields: Fields): string {
  const content = need(fields, 'CommandContent')
  const isBase64 = (text(fields, 'ContentEncoding') ?? 'PlainText') === 'Base64'
  if (isBase64 && !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(content)) throw refusal('CmdContent.DecodeError')
  const script = isBase64 ? Buffer.from(content, 'base64').toString('utf8') : content
  if (Buffer.byteLength(script) > LARGEST_COMMAND)
    throw refusal('InvalidParameter', { message: 'CommandContent is too long.' })
  return script
}

/** Sends a command to one instance. An assistant that does not answer fails the invocation, not the call. */
async function invoke(
  cloud: Cloud,
  request: { id: string; commandId: string; instanceId: string; script: string; timeoutMs: number },
): Promise<void> {
  const { id, commandId, instanceId, script, timeoutMs } = request
  const instance = cloud.state.instances[instanceId]
  if (!instance) throw refusal('InvalidInstance.NotFound')
  const birth = { id, commandId, instanceId, output: '', dropped: 0, startedAt: cloud.now() }
  const invocation: Invocation = { ...birth, status: 'Running', errorCode: '', errorInfo: '' }
  cloud.state.invocations[`${id}/${instanceId}`] = invocation
  const assistant = await assistantOf(cloud, instance)
  if (assistant === undefined) {
    const errorInfo = 'The Cloud Assistant client is not running on the instance.'
    Object.assign(invocation, {
      status: 'Aborted',
      errorCode: 'ClientNotRunning',
      errorInfo,
      finishedAt: cloud.now(),
    })
    return
  }
  // The call returns at once; the result is asked for until it is there.
  cloud.inBackground(async () => {
    const result = await assistant({ script, timeoutMs })
    Object.assign(invocation, result, { finishedAt: cloud.now() })
  })
}

function resultReply(invocation: Invocation, isPlain: boolean): Reply {
  const { status } = invocation
  const output = isPlain ? Buffer.from(invocation.output, 'base64').toString('utf8') : invocation.output
  return {
    InvokeId: invocation.id,
    CommandId: invocation.commandId,
    InstanceId: invocation.instanceId,
    InvocationStatus: status,
    InvokeRecordStatus: status === 'Running' ? 'Running' : status === 'Success' ? 'Finished' : 'Failed',
    ExitCode: invocation.exitCode,
    Output: output,
    Dropped: invocation.dropped,
    ErrorCode: invocation.errorCode,
    ErrorInfo: invocation.errorInfo,
    StartTime: timeText(invocation.startedAt),
    FinishedTime: timeOrEmpty(invocation.finishedAt),
    Repeats: 1,
  }
}

/** DescribeCloudAssistantStatus, RunCommand, DescribeInvocationResults. */
export const COMMAND_OPERATIONS: readonly Operation[] = [
  {
    name: 'DescribeCloudAssistantStatus',
    required: ['RegionId'],
    changes: false,
    run: async (fields, cloud) => {
      const ids = list(fields, 'InstanceId')
      const instances = Object.values(cloud.state.instances).filter(
        ({ id }) => ids.length === 0 || ids.includes(id),
      )
      const { items, fields: paging } = page(fields, instances)
      const answering = await Promise.all(items.map((instance) => assistantOf(cloud, instance)))
      const statuses = items.map((instance, index) => {
        const isAnswering = answering[index] !== undefined
        return {
          InstanceId: instance.id,
          CloudAssistantStatus: String(isAnswering),
          CloudAssistantVersion: isAnswering ? '2.2.3.700' : '',
          LastHeartbeatTime: isAnswering ? timeText(cloud.now()) : '',
          OSType: 'Linux',
          SupportSessionManager: false,
        }
      })
      return { ...paging, InstanceCloudAssistantStatusSet: { InstanceCloudAssistantStatus: statuses } }
    },
  },
  {
    name: 'RunCommand',
    required: ['RegionId', 'Type', 'CommandContent', 'InstanceId'],
    changes: true,
    token: 'IdempotentParameterMismatch',
    run: async (fields, cloud) => {
      const ids = list(fields, 'InstanceId')
      const script = decodeCommand(fields)
      if (need(fields, 'Type') !== 'RunShellScript') {
        throw refusal('InvalidParameter', { message: 'Instances here run RunShellScript alone.' })
      }
      if (ids.length > MOST_INSTANCES) throw refusal('InvalidParameter', { message: 'Too many instances.' })
      for (const instanceId of ids) {
        const instance = cloud.state.instances[instanceId]
        if (!instance) throw refusal('InvalidInstance.NotFound')
        if (instance.status !== 'Running') throw refusal('IncorrectInstanceStatus')
      }
      const id = cloud.newId('t')
      const commandId = cloud.newId('c')
      const timeoutMs = (count(fields, 'Timeout', 1) ?? 60) * 1000
      for (const instanceId of ids) await invoke(cloud, { id, commandId, instanceId, script, timeoutMs })
      return { CommandId: commandId, InvokeId: id }
    },
  },
  {
    name: 'DescribeInvocationResults',
    required: ['RegionId'],
    changes: false,
    run: (fields, cloud) => {
      const isOfInvoke = asked(fields, 'InvokeId')
      const isOfInstance = asked(fields, 'InstanceId')
      const isPlain = text(fields, 'ContentEncoding') === 'PlainText'
      const found = Object.values(cloud.state.invocations).filter(
        ({ id, instanceId }) => isOfInvoke(id) && isOfInstance(instanceId),
      )
      if (
        found.length === 0 &&
        flag(fields, 'IncludeHistory') !== true &&
        text(fields, 'InvokeId') !== undefined
      ) {
        throw refusal('InvalidInvoke.NotFound')
      }
      const { items, fields: paging } = page(fields, found)
      const results = items.map((invocation) => resultReply(invocation, isPlain))
      return { Invocation: { ...paging, InvocationResults: { InvocationResult: results } } }
    },
  },
]
