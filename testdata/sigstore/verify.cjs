// Checks a sigstore bundle: node verify.cjs BUNDLE KEY.pem [ARTIFACT TRUSTED_ROOT]
const { createPublicKey } = require('node:crypto')
const { readFileSync } = require('node:fs')
const { bundleFromJSON } = require('@sigstore/bundle')
const { TrustedRoot } = require('@sigstore/protobuf-specs')
const { toSignedEntity, toTrustMaterial, Verifier } = require('@sigstore/verify')

const [bundle, key, artifact, root] = process.argv.slice(2)
const json = (file) => JSON.parse(readFileSync(file))
const keys = () => ({ publicKey: createPublicKey(readFileSync(key)), validFor: () => true })
const material = toTrustMaterial(TrustedRoot.fromJSON(root ? json(root) : {}), keys)
const entity = toSignedEntity(bundleFromJSON(json(bundle)), artifact && readFileSync(artifact))
const some = root ? 1 : 0 // of ours no public log knows
new Verifier(material, { tlogThreshold: some, ctlogThreshold: 0, timestampThreshold: some }).verify(entity)
console.log('verified')
