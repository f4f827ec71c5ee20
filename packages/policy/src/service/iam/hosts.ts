import { action } from '../build.ts'
import type { AccessLevel, ActionInfo, ServiceInfo } from '../types.ts'

/** `resource` is a type of the service, or `-` for an action without one; the rest are legacy names. */
type Row = readonly [
  name: string,
  access: AccessLevel,
  description: string,
  resource: string,
  ...aliases: string[],
]

function actions(rows: readonly Row[]): readonly ActionInfo[] {
  return rows.map(([name, access, description, resource, ...aliases]) =>
    action(name, access, description, {
      resources: resource === '-' ? [] : [{ type: resource, required: true }],
      aliases: aliases.length > 0 ? aliases : [name],
    }),
  )
}

/** Elastic Cloud Server, as far as key pairs on servers need it (seed: kps-authorization, dependencies). */
export const ecs: ServiceInfo = Object.freeze<ServiceInfo>({
  code: 'ecs',
  title: 'Elastic Cloud Server',
  actions: actions([
    ['ecs:cloudServers:createServers', 'Write', 'Create servers.', '-', 'ecs:cloudServers:create'],
    ['ecs:cloudServers:deleteServers', 'Write', 'Delete servers.', 'instance', 'ecs:cloudServers:delete'],
    [
      'ecs:cloudServers:showServer',
      'Read',
      'Read the details of a server.',
      'instance',
      'ecs:cloudServers:get',
    ],
    ['ecs:cloudServers:attach', 'Write', 'Attach a disk to a server.', 'instance'],
    [
      'ecs:cloudServers:listServerBlockDevices',
      'List',
      'List the disks of a server.',
      'instance',
      'ecs:cloudServers:get',
    ],
    [
      'ecs:cloudServers:showServerBlockDevice',
      'Read',
      'Read a disk of a server.',
      'instance',
      'ecs:cloudServers:get',
    ],
    ['ecs:cloudServers:detachVolume', 'Write', 'Detach a disk from a server.', 'instance'],
    [
      'ecs:cloudServers:listServerInterfaces',
      'List',
      'List the network cards of a server.',
      'instance',
      'ecs:cloudServers:get',
    ],
    [
      'ecs:cloudServers:listServersDetails',
      'List',
      'List servers with details.',
      'instance',
      'ecs:cloudServers:list',
    ],
    ['ecs:cloudServerFlavors:get', 'Read', 'Read flavors of servers.', '-'],
    ['ecs:cloudServerQuotas:get', 'Read', 'Read quotas of servers.', '-'],
  ]),
  resourceTypes: [{ name: 'instance', template: 'ecs:{region}:{account}:instance:{serverId}' }],
  conditionKeys: [],
  missing: 'all',
})

/** Elastic Volume Service, as far as key pairs on servers need it. */
export const evs: ServiceInfo = Object.freeze<ServiceInfo>({
  code: 'evs',
  title: 'Elastic Volume Service',
  actions: actions([
    ['evs:types:get', 'Read', 'Read the types of disks.', '-'],
    ['evs:volumes:use', 'Write', 'Use a disk.', 'volume'],
  ]),
  resourceTypes: [{ name: 'volume', template: 'evs:{region}:{account}:volume:{volumeId}' }],
  conditionKeys: [],
  missing: 'all',
})

/** Image Management Service, as far as key pairs on servers need it. */
export const ims: ServiceInfo = Object.freeze<ServiceInfo>({
  code: 'ims',
  title: 'Image Management Service',
  actions: actions([['ims:images:get', 'Read', 'Read an image.', 'image']]),
  resourceTypes: [{ name: 'image', template: 'ims:{region}:{account}:image:{imageId}' }],
  conditionKeys: [],
  missing: 'all',
})

/** Virtual Private Cloud, as far as key pairs on servers need it. */
export const vpc: ServiceInfo = Object.freeze<ServiceInfo>({
  code: 'vpc',
  title: 'Virtual Private Cloud',
  actions: actions([['vpc:subnets:list', 'List', 'List subnets.', 'subnet', 'vpc:subnets:get']]),
  resourceTypes: [{ name: 'subnet', template: 'vpc:{region}:{account}:subnet:{subnetId}' }],
  conditionKeys: [],
  missing: 'all',
})
