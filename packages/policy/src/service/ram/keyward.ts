import { action } from '../build.ts'
import type { ActionInfo, ServiceInfo } from '../types.ts'

const onHost = [{ type: 'host', required: true }] as const
const onTarget = [{ type: 'target', required: true }] as const
const onAudit = [{ type: 'audit', required: true }] as const
const onPrincipal = [{ type: 'principal', required: true }] as const
const onClock = [{ type: 'clock', required: true }] as const

/** Operations of this service that no cloud has. One action each, by the name of the operation. */
function own(
  name: string,
  access: ActionInfo['access'],
  description: string,
  resources: ActionInfo['resources'],
): ActionInfo {
  return action(`keyward:${name}`, access, description, { resources, operations: [name] })
}

/** What an operator of this service may do. No service key goes with these actions, global ones do. */
export const keyward: ServiceInfo = Object.freeze<ServiceInfo>({
  code: 'keyward',
  title: 'Keyward',
  actions: [
    own('PutHost', 'Write', 'Register a host, and say which of its users secrets may manage.', onHost),
    own('GetHost', 'Read', 'Show a host.', onHost),
    own('ListHosts', 'List', 'List hosts.', onHost),
    own('DeleteHost', 'Write', 'Forget a host.', onHost),
    own('CheckHost', 'Read', 'Look at a host over SSH.', onHost),
    own('SettleHost', 'Write', 'Say what became of a host that could not be reached.', onHost),
    own('PutTarget', 'Write', 'Register a database, and say which accounts secrets may manage.', onTarget),
    own('GetTarget', 'Read', 'Show a database that secrets rotate on.', onTarget),
    own('ListTargets', 'List', 'List databases that secrets rotate on.', onTarget),
    own('DeleteTarget', 'Write', 'Forget a database that secrets rotate on.', onTarget),
    own('GetClock', 'Read', 'Show the clock of the service.', onClock),
    own('TrustClock', 'Write', 'Say that the clock of the service is right.', onClock),
    own('AdvanceClock', 'Write', 'Move the clock of a service for tests.', onClock),
    own('ExportWorld', 'Read', 'Write an account as the file that declares it.', [
      { type: 'world', required: true },
    ]),
    own('ExportAccessKeys', 'Read', 'Tell the secrets of access keys in an export.', [
      { type: 'world', required: true },
    ]),
    own('ApplyWorld', 'Write', 'Make an account what a file declares.', [{ type: 'world', required: true }]),
    own('ReopenAccount', 'Write', 'Open a closed account again.', [{ type: 'world', required: true }]),
    own('RotateRootKey', 'Write', 'Change the root key.', [{ type: 'root-key', required: true }]),
    own('SearchAudit', 'Read', 'Read the audit of the account.', onAudit),
    own('CountAudit', 'Read', 'Count calls in the audit of the account.', onAudit),
    own(
      'SimulatePrincipalPolicy',
      'Read',
      'Ask whether a principal may do something, and why: this shows every policy that binds it.',
      onPrincipal,
    ),
    own(
      'ListPrincipalPolicies',
      'List',
      'List the policies that bind a principal, and those that name it.',
      onPrincipal,
    ),
    own('ListLastUses', 'List', 'List when keys, secrets, access keys and roles were last used.', [
      { type: 'last-use', required: true },
    ]),
    own('GetStatus', 'Read', 'Show how the service is, and what waits.', [
      { type: 'service', required: true },
    ]),
  ],
  resourceTypes: [
    { name: 'host', template: 'acs:keyward:*:{account}:host/{hostId}' },
    { name: 'target', template: 'acs:keyward:*:{account}:target/{targetId}' },
    { name: 'clock', template: 'acs:keyward:*:{account}:clock' },
    { name: 'world', template: 'acs:keyward:*:{account}:world' },
    { name: 'audit', template: 'acs:keyward:*:{account}:audit' },
    { name: 'principal', template: 'acs:keyward:*:{account}:principal/{principalName}' },
    { name: 'last-use', template: 'acs:keyward:*:{account}:last-use' },
    { name: 'service', template: 'acs:keyward:*:{account}:service' },
    { name: 'root-key', template: 'acs:keyward:*:{account}:root-key' },
  ],
  conditionKeys: [],
})
