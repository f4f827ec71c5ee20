// What both wires say of key pairs that hosts know. Servers are counted, not named: who asks named the pair alone.

const servers = (count: number) => (count === 1 ? 'one server' : `${count} servers`)

export const keypairBound = (name: string, hosts: number): string =>
  `The key pair ${name} is bound to ${servers(hosts)}. Unbind it first; a server that is gone is taken out of the registry with \`keyward host remove\`.`

export const keypairBehind = (name: string, hosts: number): string =>
  `${servers(hosts).replace(/^o/, 'O')} let in an earlier key of ${name} only, which is nowhere but in custody. Let them follow first: \`keyward keypair rotate ${name} --retry\`.`

export const keypairNotBound = (name: string): string =>
  `No server lets the key pair ${name} in. A new key would only replace the private key in custody, for good; ask for that with \`WithoutHosts\`.`
