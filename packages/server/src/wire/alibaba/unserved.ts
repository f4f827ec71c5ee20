import type { Product } from './binding.ts'

// Calls that the cloud's products have and this service has not, and why. Who calls one is told so in words: nobody has to
// wonder whether the name was wrong.

const certificates = 'Certificates are not kept here.'
const federation =
  'Identity providers are not connected: users are declared, and roles are assumed by users and services.'
const applications = 'There is no sign-in for applications.'
const signIn = 'There is no console to sign in to.'
const recycleBin = 'What is deleted is gone; there is no recycle bin.'
const reports = 'Reports are not made; the audit log says what was done.'
const contacts = 'No messages are sent, so there are no contacts.'
const billing = 'Nothing is charged for.'
const mail = 'No mail is sent: accounts are made and invited by calls alone.'
const resourceGroups = 'There are no resource groups.'
const organization = 'An organization has no such setting here.'
const serviceRoles =
  'No service here acts by a role that is linked to it: KMS takes the role that an account makes for it with CreateRole.'
const ram = 'The same is done by calls of Ram 2015-05-01.'

type Unserved = readonly (readonly [why: string, calls: string])[]

/** By product. Made from the vendor's models; a test says that every call of them stands here or is served. */
const UNSERVED: Readonly<Partial<Record<Product, Unserved>>> = {
  Kms: [
    [
      certificates,
      `
      DeleteCertificate UpdateCertificateStatus DescribeCertificate GetCertificate UploadCertificate
      CertificatePrivateKeySign CertificatePublicKeyEncrypt CertificatePrivateKeyDecrypt
      CertificatePublicKeyVerify
    `,
    ],
  ],
  Sts: [
    [
      federation,
      `
      AssumeRoleWithSAML AssumeRoleWithOIDC
    `,
    ],
  ],
  Ims: [
    [
      ram,
      `
      CreateUser GetUser UpdateUser DeleteUser ListUsers ListUserBasicInfos GetAccountSummary
      CreateLoginProfile GetLoginProfile UpdateLoginProfile DeleteLoginProfile CreateAccessKey
      DeleteAccessKey UpdateAccessKey GetAccessKeyLastUsed ListAccessKeys TagResources UntagResources
      ListTagResources CreateGroup GetGroup UpdateGroup DeleteGroup ListGroups AddUserToGroup
      RemoveUserFromGroup ListUsersForGroup ListGroupsForUser SetDefaultDomain GetDefaultDomain
    `,
    ],
    [
      signIn,
      `
      ChangePassword GetVerificationInfo GetAccountMFAInfo SetVerificationInfo UnbindVerification UpdatePasskey ListPasskeys DeletePasskey
    `,
    ],
    [
      recycleBin,
      `
      ListUsersInRecycleBin GetUserInRecycleBin DeleteUserInRecycleBin RestoreUserFromRecycleBin
      ListAccessKeysInRecycleBin GetAccessKeyInfoInRecycleBin DeleteAccessKeyInRecycleBin
      RestoreAccessKeyFromRecycleBin
    `,
    ],
    [
      federation,
      `
      SetUserSsoSettings GetUserSsoSettings
    `,
    ],
    [
      applications,
      `
      CreateApplication GetApplication UpdateApplication DeleteApplication ListApplications
      ListPredefinedScopes CreateAppSecret GetAppSecret ListAppSecretIds DeleteAppSecret
      ProvisionApplication DeprovisionApplication ListApplicationProvisionInfos GetApplicationProvisionInfo
      ProvisionExternalApplication DeprovisionExternalApplication ListExternalApplications
      GetExternalApplication
    `,
    ],
    [
      reports,
      `
      GetCredentialReport GetAccountSecurityPracticeReport GenerateCredentialReport GenerateGovernanceReport
      GetGovernanceReportStatus GetGovernanceItemReport ListRecentGovernanceMetrics
    `,
    ],
  ],
  ResourceManager: [
    [
      signIn,
      `
      SendVerificationCodeForEnableRD BindSecureMobilePhone SendVerificationCodeForBindSecureMobilePhone
    `,
    ],
    [
      mail,
      `
      ChangeAccountEmail RetryChangeAccountEmail CancelChangeAccountEmail CreateCloudAccount
      PromoteResourceAccount ResendPromoteResourceAccountEmail ResendCreateCloudAccountEmail
      CancelCreateCloudAccount CancelPromoteResourceAccount
    `,
    ],
    [
      resourceGroups,
      `
      CreateResourceGroup DeleteResourceGroup UpdateResourceGroup ListResourceGroups ListResources
      GetResourceGroup MoveResources EnableAutoGrouping DisableAutoGrouping UpdateAutoGroupingConfig
      GetAutoGroupingStatus CreateAutoGroupingRule DeleteAutoGroupingRule UpdateAutoGroupingRule
      ListAutoGroupingRules GetAutoGroupingRule EnableAssociatedTransfer DisableAssociatedTransfer
      UpdateAssociatedTransferSetting ListAssociatedTransferSetting GetResourceGroupResourceCounts
      ListAutoGroupingRemediations GetResourceGroupAdminSetting UpdateResourceGroupAdminSetting
      LookupResourceGroupEvents EnableResourceGroupNotification DisableResourceGroupNotification
      GetResourceGroupNotificationSetting ListResourceGroupCapability ListResourceGroupsWithAuthDetails
    `,
    ],
    [
      ram,
      `
      CreateRole DeleteRole UpdateRole GetRole ListRoles CreatePolicy DeletePolicy SetDefaultPolicyVersion AttachPolicy
      DetachPolicy ListPolicies GetPolicy ListPolicyAttachments CreatePolicyVersion DeletePolicyVersion
      ListPolicyVersions GetPolicyVersion
    `,
    ],
    [
      serviceRoles,
      `
      CreateServiceLinkedRole DeleteServiceLinkedRole GetServiceLinkedRoleDeletionStatus
    `,
    ],
  ],
  ResourceDirectoryMaster: [
    [
      signIn,
      `
      SendVerificationCodeForEnableRD SendVerificationCodeForBindSecureMobilePhone BindSecureMobilePhone
    `,
    ],
    [
      organization,
      `
      ListAuthorizedFolders AssociateMembers DisassociateMembers ListAuthorizedAccounts
    `,
    ],
    [
      billing,
      `
      PrecheckForConsolidatedBillingAccount
    `,
    ],
    [
      mail,
      `
      ChangeAccountEmail RetryChangeAccountEmail CancelChangeAccountEmail
    `,
    ],
    [
      contacts,
      `
      AddMessageContact SendEmailVerificationForMessageContact SendPhoneVerificationForMessageContact
      ListMessageContactVerifications GetMessageContact ListMessageContacts DeleteMessageContact
      GetMessageContactDeletionStatus UpdateMessageContact CancelMessageContactUpdate
    `,
    ],
  ],
}

const names = (calls: string) => calls.trim().split(/\s+/)

/** Every call that the product has and this service has not. */
export const unservedCalls = (product: Product): readonly string[] =>
  (UNSERVED[product] ?? []).flatMap(([, calls]) => names(calls))

const REASONS = new Map(
  Object.entries(UNSERVED).map(([product, rows]) => [
    product,
    new Map(rows.flatMap(([why, calls]) => names(calls).map((name) => [name, why]))),
  ]),
)

/** What a caller of such a call is told, or undefined: there is no call of this name. */
export function unservedReason(product: Product | undefined, action: string): string | undefined {
  const why = product && REASONS.get(product)?.get(action)
  return why && `The call ${action} is not offered. ${why}`
}
