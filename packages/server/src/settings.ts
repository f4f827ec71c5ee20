/* Settings of the service: read from flags, variables and a file, and described. */

export { metricsPage } from './serve/metrics/page.ts'
export { type Settings, settingRows, variableOf } from './serve/settings.ts'
export { settingsHelp, settingsPage } from './serve/settings-page.ts'
export { readSettings } from './serve/settings-read.ts'
