import type { DevProfile, DevService } from './service.ts'

/**
 * What programs need to call the service, as variables: the ones that the SDKs of both clouds read by themselves, of the
 * profile that is asked for, and `KEYWARD_DEV_...` of every profile.
 */
export function devVariables(
  { url, data, profiles }: Pick<DevService, 'url' | 'data' | 'profiles'>,
  control: string,
  as = 'root',
): Record<string, string> {
  const own = profiles[as]!
  const { host } = new URL(url)
  return {
    KEYWARD_DATA: data,
    KEYWARD_DEV_URL: url,
    KEYWARD_DEV_HOST: host,
    KEYWARD_DEV_CONTROL: control,
    ALIBABA_CLOUD_ACCESS_KEY_ID: own.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: own.accessKeySecret,
    HUAWEICLOUD_SDK_AK: own.accessKeyId,
    HUAWEICLOUD_SDK_SK: own.accessKeySecret,
    HUAWEICLOUD_SDK_PROJECT_ID: own.projectId,
    HUAWEICLOUD_SDK_DOMAIN_ID: own.domainId,
    ...Object.assign({}, ...Object.entries(profiles).map(([name, profile]) => ofProfile(name, profile))),
  }
}

function ofProfile(name: string, { accessKeyId, accessKeySecret }: DevProfile): Record<string, string> {
  const prefix = `KEYWARD_DEV_${name.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`
  return { [`${prefix}_ACCESS_KEY_ID`]: accessKeyId, [`${prefix}_ACCESS_KEY_SECRET`]: accessKeySecret }
}

/** Lines for a shell to evaluate. */
export function exportLines(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`)
    .join('\n')
}

/** Lines for a file of variables. None of the values has a line break. */
export function plainLines(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')
}
