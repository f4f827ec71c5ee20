import type { ProblemOf } from '../../base/problem.ts'
import type { ErrorAnswer } from './answer.ts'
import type { Product } from './binding.ts'

// What RAM and STS say in other words than KMS (reference/alibaba-ram.md A.9, F.5). Absent: the product is not known yet.

type MaybeProduct = Product | undefined

/** The refusal of a product; KMS names the resource unless it is `*`. */
export function deniedText(product: MaybeProduct, resource: string): Pick<ErrorAnswer, 'code' | 'message'> {
  switch (product) {
    case 'Ims':
    case 'Ram':
    case 'ResourceDirectoryMaster':
    case 'ResourceManager':
    case 'Keyward':
      return { code: 'NoPermission', message: 'You are not authorized to do this action.' }
    case 'Sts':
      return {
        code: 'NoPermission',
        message: 'You are not authorized to do this action. You should be authorized by RAM.',
      }
    default: {
      const what = resource === '*' ? '' : ` for ${resource}`
      return {
        code: 'Forbidden.NoPermission',
        message: `This operation${what} is forbidden by permission system.`,
      }
    }
  }
}

const INTERNAL_FAILURE: ErrorAnswer = Object.freeze({
  status: 500,
  code: 'InternalFailure',
  message: 'Internal Failure.',
})
const INTERNAL_ERROR: ErrorAnswer = Object.freeze({
  status: 500,
  code: 'InternalError',
  message: 'An internal error occurred.',
})

/** A defect, of which the answer says nothing. */
export function internalFailure(product: MaybeProduct): ErrorAnswer {
  return product === 'Ram' || product === 'Sts' ? INTERNAL_ERROR : INTERNAL_FAILURE
}

/** Parameters that have a code and a text of their own when they are not valid; `<name>` is the parameter's. */
const INVALID: Readonly<Partial<Record<string, Readonly<Record<string, [code: string, message: string]>>>>> =
  {
    Ram: {
      PolicyType: ['InvalidParameter.<name>', 'The parameter - "<name>" is incorrect.'],
      VersionId: ['InvalidParameter.<name>.Format', 'The format of the parameter - "<name>" is incorrect.'],
      Email: ['InvalidParameter.<name>.Format', 'The format of the parameter - "<name>" is incorrect.'],
      MobilePhone: ['InvalidParameter.<name>.Format', 'The format of the parameter - "<name>" is incorrect.'],
    },
    Sts: {
      RoleArn: ['InvalidParameter.<name>', 'The parameter <name> is wrongly formed.'],
      RoleSessionName: ['InvalidParameter.<name>', 'The parameter <name> is wrongly formed.'],
      DurationSeconds: ['InvalidParameter.<name>', 'The Min/Max value of DurationSeconds is 15min/1hr.'],
    },
  }

type Invalid = Pick<ProblemOf<'InvalidParameter'>, 'detail' | 'name' | 'rule'>

export function invalidParameter(product: MaybeProduct, { name, detail, rule }: Invalid): ErrorAnswer {
  if (isDirectory(product) && /^\w+$/.test(name)) return invalidOfDirectory(name, rule, detail)
  const own = product === undefined ? undefined : INVALID[product]
  const byRule =
    product === 'Ram' && rule !== undefined && RAM_NAMES[rule].has(name) ? RAM_TEXTS[rule] : GENERIC
  const row = own !== undefined && Object.hasOwn(own, name) ? own[name]! : byRule
  const [code, message] = row.map((text) => text.replace('<name>', () => name.slice(0, 128)))
  return { status: 400, code: code!, message: `${message}${detail === undefined ? '' : ` ${detail}`}` }
}

function isDirectory(product: MaybeProduct): boolean {
  return product === 'ResourceDirectoryMaster' || product === 'ResourceManager'
}

/** What a resource directory calls parameters in its codes. */
const DIRECTORY_NAMES: Readonly<Record<string, string>> = {
  FolderName: 'Folder.Name',
  NewFolderName: 'Folder.Name',
  DisplayName: 'Account.DisplayName',
  NewDisplayName: 'Account.DisplayName',
  AccountNamePrefix: 'Account.AccountNamePrefix',
}
/** Parameters that the directory has codes of their own for; all others are told by the gateway's. */
const DIRECTORY_MISSING: ReadonlySet<string> = new Set(
  'AccountId Account.DisplayName ChildId DestinationFolderId Folder.Name FolderId HandshakeId TargetEntity TargetType'.split(
    ' ',
  ),
)
const DIRECTORY_PARAMETERS: ReadonlySet<string> = new Set([
  ...DIRECTORY_MISSING,
  ...'Account.AccountNamePrefix MaxResults NextToken Note ParentFolderId ServicePrincipal'.split(' '),
])
const DIRECTORY_LENGTHS: ReadonlySet<string> = new Set(
  'Account.AccountNamePrefix Account.DisplayName Folder.Name NextToken Note PolicyDocument NewPolicyDocument'.split(
    ' ',
  ),
)
const DIRECTORY_CONFLICTS: ReadonlySet<string> = new Set([
  'InvalidParameter.PolicyDocument.Length',
  'InvalidParameter.ServicePrincipal',
])
const directoryName = (name: string) => (Object.hasOwn(DIRECTORY_NAMES, name) ? DIRECTORY_NAMES[name]! : name)

function invalidOfDirectory(name: string, rule: Invalid['rule'], detail: string | undefined): ErrorAnswer {
  const own = directoryName(name)
  const length = `InvalidParameter.${own}.Length`
  const code =
    rule === 'length' && DIRECTORY_LENGTHS.has(own)
      ? length
      : DIRECTORY_PARAMETERS.has(own)
        ? `InvalidParameter.${own}`
        : 'InvalidParameter'
  return {
    // As the tables of these codes have it.
    status: DIRECTORY_CONFLICTS.has(code) ? 409 : 400,
    code,
    message: `The parameter - "${name}" is incorrect.${detail === undefined ? '' : ` ${detail}`}`,
  }
}

/** The code for a parameter that is not there. */
export function missingParameterCode(product: MaybeProduct, name: string): string {
  const own = directoryName(name)
  return isDirectory(product) && DIRECTORY_MISSING.has(own) ? `MissingParameter.${own}` : 'MissingParameter'
}

const NAMES =
  'UserName NewUserName DisplayName NewDisplayName GroupName NewGroupName PolicyName RoleName'.split(' ')
const TEXTS =
  'Comments NewComments Description NewDescription PolicyDocument AssumeRolePolicyDocument NewAssumeRolePolicyDocument'.split(
    ' ',
  )

/** The parameters that RAM has codes of their own for where they break a rule. */
const RAM_NAMES: Readonly<Record<'chars' | 'length', ReadonlySet<string>>> = {
  chars: new Set(NAMES),
  length: new Set([...NAMES, ...TEXTS]),
}

/** Texts that break a rule, in RAM's words. */
const RAM_TEXTS: Readonly<Record<'chars' | 'length', [code: string, message: string]>> = {
  chars: ['InvalidParameter.<name>.InvalidChars', 'The parameter - "<name>" contains invalid chars.'],
  length: ['InvalidParameter.<name>.Length', 'The parameter - "<name>" beyond the length limit.'],
}

const GENERIC: [string, string] = ['InvalidParameter', 'The specified parameter "<name>" is not valid.']

/** A policy that is none, with what is wrong with it where the product's text has room for it. */
export function malformedPolicy(product: MaybeProduct, detail: string): ErrorAnswer {
  switch (product) {
    case 'Kms':
      return invalidParameter(product, { name: 'Policy', detail })
    case 'Sts':
      return {
        status: 400,
        code: 'InvalidParameter.PolicyGrammar',
        message: 'The parameter Policy has not passed grammar check.',
      }
    default:
      return { status: 400, code: 'MalformedPolicyDocument', message: detail }
  }
}
