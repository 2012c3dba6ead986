import type { Cloud } from '../cloud.ts'
import { refusal } from '../errors.ts'
import { groups, jsonList, need, text } from '../fields.ts'
import { SECURITY_GROUP, VPC, vSwitchOf } from '../places.ts'
import type { SecurityGroup } from '../state.ts'
import { among, asked, hasTags, newestFirst, page, readTags, tagsReply } from './listing.ts'
import { timeText } from './operation.ts'
import type { Operation } from './operation.ts'

/** The zone of a vSwitch; those that were only named in the options lie in the first zone. */
export function zoneOf(cloud: Cloud, vSwitch: string): string {
  const { zones } = cloud.settings
  return zones.find((zone) => vSwitchOf(zone) === vSwitch) ?? zones[0] ?? ''
}

/** Gives a new account its security group. */
export function addDefaultNetwork(cloud: Cloud): void {
  cloud.state.securityGroups[SECURITY_GROUP] ??= newGroup(cloud, SECURITY_GROUP, 'default')
}

function newGroup(cloud: Cloud, id: string, name: string): SecurityGroup {
  return { id, name, description: '', vpc: VPC, createdAt: cloud.now(), rules: [], tags: {} }
}

function isInUse(cloud: Cloud, groupId: string): boolean {
  return Object.values(cloud.state.instances).some(({ securityGroups }) => securityGroups.includes(groupId))
}

/** CreateSecurityGroup, AuthorizeSecurityGroup and …Egress, DescribeSecurityGroups, DeleteSecurityGroup. */
export const NETWORK_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateSecurityGroup',
    required: ['RegionId'],
    changes: true,
    token: 'IdempotentParameterMismatch',
    run: (fields, cloud) => {
      const vpc = text(fields, 'VpcId') ?? VPC
      if (vpc !== VPC) throw refusal('InvalidVpcId.NotFound')
      const id = cloud.newId('sg')
      const name = text(fields, 'SecurityGroupName') ?? ''
      const description = text(fields, 'Description') ?? ''
      cloud.state.securityGroups[id] = { ...newGroup(cloud, id, name), description, tags: readTags(fields) }
      return { SecurityGroupId: id }
    },
  },
  {
    name: 'AuthorizeSecurityGroup',
    required: ['RegionId', 'SecurityGroupId'],
    changes: true,
    token: 'IdempotentParameterMismatch',
    run: (fields, cloud) => {
      const securityGroup = cloud.state.securityGroups[need(fields, 'SecurityGroupId')]
      if (!securityGroup) throw refusal('InvalidSecurityGroupId.NotFound')
      const permissions = groups(fields, 'Permissions')
      // The rules are kept and not enforced: on loopback there is nobody to keep out.
      for (const given of permissions.length > 0 ? permissions : [fields]) {
        const rule = {
          IpProtocol: need(given, 'IpProtocol'),
          PortRange: need(given, 'PortRange'),
          SourceCidrIp: text(given, 'SourceCidrIp') ?? '',
          Policy: text(given, 'Policy') ?? 'accept',
          Description: text(given, 'Description') ?? '',
        }
        if (rule.SourceCidrIp !== '' && !/^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/.test(rule.SourceCidrIp)) {
          throw refusal('InvalidSourceCidrIp.Malformed')
        }
        // Authorizing the same twice is one rule.
        const isKnown = securityGroup.rules.some((known) => JSON.stringify(known) === JSON.stringify(rule))
        if (!isKnown) securityGroup.rules.push(rule)
      }
      return {}
    },
  },
  {
    name: 'AuthorizeSecurityGroupEgress',
    required: ['RegionId', 'SecurityGroupId'],
    changes: true,
    token: 'IdempotentParameterMismatch',
    run: (fields, cloud) => {
      const securityGroup = cloud.state.securityGroups[need(fields, 'SecurityGroupId')]
      if (!securityGroup) throw refusal('InvalidSecurityGroupId.NotFound')
      for (const given of groups(fields, 'Permissions')) {
        const rule = {
          Direction: 'egress',
          IpProtocol: need(given, 'IpProtocol'),
          PortRange: need(given, 'PortRange'),
          DestCidrIp: text(given, 'DestCidrIp') ?? text(given, 'Ipv6DestCidrIp') ?? '',
          Policy: text(given, 'Policy') ?? 'accept',
          Priority: text(given, 'Priority') ?? '1',
        }
        const isKnown = securityGroup.rules.some((known) => JSON.stringify(known) === JSON.stringify(rule))
        if (!isKnown) securityGroup.rules.push(rule)
      }
      return {}
    },
  },
  {
    name: 'DescribeSecurityGroups',
    required: ['RegionId'],
    changes: false,
    run: (fields, cloud) => {
      const isWanted = among(jsonList(fields, 'SecurityGroupIds'))
      const isThis = asked(fields, 'SecurityGroupId')
      const isNamed = asked(fields, 'SecurityGroupName')
      const isTagged = hasTags(fields)
      const found = newestFirst(
        cloud.state.securityGroups,
        (item) => isWanted(item.id) && isThis(item.id) && isNamed(item.name) && isTagged(item),
      )
      const { items, fields: paging } = page(fields, found)
      const replies = items.map((item) => ({
        SecurityGroupId: item.id,
        SecurityGroupName: item.name,
        Description: item.description,
        VpcId: item.vpc,
        SecurityGroupType: 'normal',
        CreationTime: timeText(item.createdAt),
        Tags: tagsReply(item.tags),
      }))
      return { ...paging, RegionId: cloud.settings.region, SecurityGroups: { SecurityGroup: replies } }
    },
  },
  {
    name: 'DeleteSecurityGroup',
    required: ['RegionId', 'SecurityGroupId'],
    changes: true,
    run: (fields, cloud) => {
      const id = need(fields, 'SecurityGroupId')
      if (!cloud.state.securityGroups[id]) throw refusal('InvalidSecurityGroupId.NotFound')
      if (isInUse(cloud, id)) throw refusal('DependencyViolation')
      delete cloud.state.securityGroups[id]
      return {}
    },
  },
]
