import { Fault } from '../../domain/faults.ts'
import type { Cloud } from '../../ports/cloud.ts'
import type { Ecs } from './client.ts'
import type { RequestFields } from './sdk.ts'
import { toTags } from './tags.ts'
import { clientToken, firstOrNew } from './token.ts'

type Permissions = NonNullable<RequestFields<'authorizeSecurityGroupEgress'>['permissions']>

/** Where the cloud's own services are, in every VPC: metadata, DNS, the Cloud Assistant. */
const CLOUD_SERVICES = '100.64.0.0/10'
/** Where somebody's own servers are. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']
const ALL = { ipProtocol: 'ALL', portRange: '-1/-1' }

/** The security groups of a region that Ferry makes. They cost nothing. */
export function securityGroupsOf(ecs: Ecs): Pick<Cloud, 'isolatedGroup'> {
  const { region: regionId } = ecs
  return {
    isolatedGroup: async ({ key, besides, outward }) => {
      const tag = toTags({ 'ferry:key': key })
      const found = ecs.ask('describeSecurityGroups', { regionId, tag }).then((body) =>
        (body.securityGroups?.securityGroup ?? []).map(({ securityGroupId }) => ({
          id: securityGroupId ?? '',
        })),
      )
      const id = await firstOrNew(found, async () => {
        const near = await ecs.ask('describeSecurityGroups', { regionId, securityGroupId: besides })
        const vpcId = near.securityGroups?.securityGroup?.[0]?.vpcId
        if (vpcId === undefined)
          throw new Fault('CLOUD_NETWORK', `There is no security group ${besides} in the region.`)
        const body = await ecs.ask('createSecurityGroup', {
          ...{ clientToken: clientToken(key), regionId, vpcId, tag },
          securityGroupName: outward ? 'ferry-test-outward' : 'ferry-test-isolated',
          description: 'Ferry: test instances reach none of your servers, and none reaches them',
        })
        if (body.securityGroupId !== undefined) return body.securityGroupId
        throw new Fault('CLOUD_REFUSED', 'The cloud named no security group.', {
          RequestId: body.requestId ?? '',
        })
      })
      // Nothing comes in: a group without rules lets nobody in. Said again, the same rules stay the same.
      await ecs.ask('authorizeSecurityGroupEgress', {
        ...{ regionId, securityGroupId: id, clientToken: clientToken(key, 'egress') },
        permissions: permissions(outward),
      })
      return id
    },
  }
}

/** The lower the number, the earlier a rule counts. */
function permissions(outward: boolean): Permissions {
  const drop = (cidr: string) => ({ ...ALL, policy: 'drop', priority: '50', destCidrIp: cidr })
  const services = { ...ALL, policy: 'accept', priority: '1', destCidrIp: CLOUD_SERVICES }
  const rest = outward
    ? PRIVATE.map(drop)
    : [drop('0.0.0.0/0'), { ...ALL, policy: 'drop', priority: '50', ipv6DestCidrIp: '::/0' }]
  return [services, ...rest]
}
