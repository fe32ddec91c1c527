// Package export packs evidence so that other people's tools check it, and reads
// it back. This comment is the specification of a bundle.
//
// # Bundle
//
// A bundle is a folder, or the same as a tar file, which may be encrypted with
// age (https://age-encryption.org/v1). It is about one run, or about a client:
//
//	RECIPE.md            how to check it with stock tools
//	manifest.json        every other file: name, size, SHA-256
//	manifest.sha256      the SHA-256 of manifest.json, as sha256sum writes it
//	manifest.json.sig    who exported it: SSHSIG, namespace msp-export; may be missing
//	allowed_signers      the key of manifest.json.sig, for ssh-keygen
//	SHA256SUMS           the same hashes for sha256sum -c
//	keys/                the public keys that the statements name
//	sigstore/            of a run: a sigstore bundle v0.3 for each signature
//	evidence/            the evidence itself, as package evidence specifies it
//
// The manifest doesn't list itself, manifest.sha256 and manifest.json.sig. It is
// {"v":1,"kind":"run","client":"…","run":"…","files":[{"name","size","sha256"}]},
// where kind is run or client, and files are sorted by name. Names consist of
// letters, digits, dots, hyphens, underscores and slashes; no part of one begins
// with a dot. Nothing but the signature depends on when or by whom a bundle was
// made: one state of the evidence gives the same bytes.
//
// # Evidence of a run
//
// Of a client's evidence, the bundle of a run has the statements of the run and
// those about it, the plan that it names, every trust statement, their blobs,
// and the anchors over them. In place of the logs it has excerpts: the leaves of
// these statements, each with a c2sp.org/tlog-proof@v1 for the checkpoint, and
// for each anchor a proof that its checkpoint is a state of the same log. What
// the log holds besides stays with whoever exports.
//
// # Evidence of a client
//
// The bundle of a client has whole logs and every record, blob, anchor, head and
// trust statement. It is what msp verify checks in a state folder. Journals of
// open runs, locks and what waits to be anchored are no evidence and stay.
//
// # Names of files beside the evidence
//
// A key is keys/<id>, the id being OpenSSH's fingerprint with : and + written as
// a hyphen and / as an underscore; .pub is OpenSSH's line, .pem is for openssl. A
// log's key is keys/<writer>.vkey, as tools for signed notes take it. A sigstore
// bundle is sigstore/<writer>.<index>.<kind>.<n>.sigstore.json, n counting the
// signatures of the envelope.
//
// # Tar
//
// There is one way to pack: USTAR, files alone, mode 0600, no owner and no time,
// sorted by name, with SHA256SUMS, manifest.json, manifest.sha256 and
// manifest.json.sig last. A tar file that isn't packed so is refused.
package export
