// Package evidence seals bytes so that others can check them: envelopes,
// log, checkpoints, and the keys and durable files below them. It knows
// nothing of runbooks. This comment is the specification of its formats.
//
// # Files
//
// The evidence of one client is a folder:
//
//	logs/<writer>/checkpoint           the signed head of a writer's log
//	logs/<writer>/tile/entries/<N>     its entries, 256 in a file
//	logs/<writer>/tile/<L>/<N>         its hashes, 256 in a file
//	records/<ab>/<sha256>.dsse.json    envelopes, by the SHA-256 of the file
//	blobs/<ab>/<sha256>                outputs and attached files, likewise
//	anchors/<writer>/<size>.ckpt       a checkpoint that somebody outside has seen
//	anchors/<writer>/<size>.<name>.tsr     what a timestamp authority said of it
//	anchors/<writer>/<size>.<name>.cosig   what a witness said of it
//	pending/<writer>/<size>.ckpt       a checkpoint that somebody has yet to see
//	heads/<writer>/<size>.ckpt         checkpoints that disagreed when two copies met
//	trust/<n>.dsse.json                a copy of an envelope, by the caller's number
//	trust/<n>.proposed.json            one that has yet to be signed; no evidence
//	runs/                              what the caller has under way on this machine
//	locks/<writer>.lock                taken while a log grows; holds nothing
//
// <ab> is the first two digits of the hash. The names of clients and writers
// match [a-z0-9][a-z0-9-]{0,62}. Folders have mode 0700, files 0600. Each file
// is written under a temporary name (.msp-*.tmp, never part of the evidence),
// synced, renamed, and its folder synced. Nothing is ever removed but a partial
// tile that a longer one has replaced, what is no longer pending, and a blob that
// was erased.
//
// # Copies
//
// No file has two writers: a log has one, and all else is named by its content.
// So several machines may work in one folder on a share, each in its own log,
// and copies of a client's folder merge by union, in any order and in any
// number of steps. A merge takes what the logs name, and each file only when it
// is what it is called. Of a log the longer of two copies is taken, when it is
// signed by the writer's key, whole, and consistent with the shorter one and
// with every checkpoint of it that was seen; statements and blobs are written
// before entries, entries before tiles, tiles before the checkpoint. Logs that
// disagree are left alone on both sides, and each side keeps the other's
// checkpoint under heads/, where a verifier meets it; one whose size is taken
// by another is named <size>-<the first 16 digits of its root>.ckpt. Of what
// lies beside the logs an anchor is taken when its checkpoint is of the log's
// history, and a file of trust/ when a log names its digest. What is pending,
// locked or under way belongs to one machine and is never merged.
//
// # Statement
//
// What is stated is an in-toto Statement v1 (https://in-toto.io/Statement/v1):
// a JSON object with _type, subject (one or more of name and digest.sha256),
// predicateType and predicate. A reader is strict: an unknown or repeated
// name, a name in the wrong case, bytes that aren't UTF-8, or anything after
// the object make it no statement.
//
// # Envelope
//
// A statement is signed in a DSSE v1.0.2 envelope:
//
//	{"payloadType":"application/vnd.in-toto+json","payload":"<base64>",
//	 "signatures":[{"keyid":"SHA256:…","sig":"<base64>"}]}
//
// without the line break. What is signed is
// "DSSEv1 <length of type> <type> <length of payload> <payload>". An envelope
// is named by the SHA-256 of its own bytes. Base64 is the standard one, padded.
// Every signature in an envelope must be right: a wrong one is an error even
// beside a right one.
//
// # Keys
//
// Keys are Ed25519, or ECDSA on P-256 over SHA-256 with ASN.1 signatures.
// Private keys are OpenSSH's files, public keys OpenSSH's lines; the key id is
// OpenSSH's fingerprint. Ed25519 keys of low order or in a non-canonical
// encoding are refused, wherever they come from.
//
// # Log
//
// A log is a C2SP tlog-tiles log (https://c2sp.org/tlog-tiles), that is, an
// RFC 6962 tree cut into tiles of 256. Entry n is in the file <n/256>, whose
// number is written in groups of three digits, all but the last after an x:
// 1234067 is x001/x234/067. A file with W < 256 entries or hashes is named
// <N>.p/<W>. A bundle of entries holds each after its length in two bytes, most
// significant first; a tile on level L holds the 32-byte hashes of the complete
// subtrees of 256^L entries. An entry, the leaf, has one spelling and fewer
// than 200 bytes:
//
//	{"v":1,"kind":"<kind>","run":"<id>","envelope":"sha256:<hex>"}
//
// where run is left out when there is none. kind and run are words of the
// caller, of the same letters as the name of a writer.
//
// The checkpoint is a signed note (https://c2sp.org/signed-note) of three lines,
// origin, size and root hash in base64, signed by the writer's Ed25519 key. The
// origin is msp-runbook.github.io/log/<client>/<writer>. A copy is kept beside
// the writer's key, as <client>.ckpt: when the log is older than that copy, the
// folder was restored, and its writer must not sign again in that log.
//
// An append writes entries and tiles, then the checkpoint, then the copy. So
// files beyond the checkpoint are what a crash left; they are no part of the
// log. Partial tiles of the checkpoint before the last are kept for readers that
// are at work.
//
// # Anchor
//
// An anchor is a checkpoint, to the byte, and beside it what parties outside said
// of those bytes. <name> is what the installation calls the party, of the same
// letters as the name of a writer. A .tsr is the whole response of a timestamp
// authority (RFC 3161), in DER (package stamp). A .cosig is the signature lines
// that a witness added, each a cosignature/v1
// (https://c2sp.org/tlog-cosignature, package witness). What is over a
// checkpoint is over all entries that it covers, so a later one makes good for
// an earlier one that is pending.
//
// # Excerpt
//
// An excerpt of a log is a folder in the log's place, to show single entries to
// somebody who may not see the others:
//
//	logs/<writer>/checkpoint           the signed head of the log
//	logs/<writer>/<n>.leaf             entry n, to the byte
//	logs/<writer>/<n>.tlog-proof       that it is in the checkpoint (https://c2sp.org/tlog-proof)
//	logs/<writer>/<size>.consistency   that an earlier checkpoint is of the same log:
//	                                   "old <size>", the hashes in base64, an empty
//	                                   line and the checkpoint
//
// It shows of an entry that isn't there neither that the log has it nor that it
// hasn't.
//
// # Blob
//
// A blob is 32 random bytes and then the content; its name is the SHA-256 of
// the whole file. The salt makes the name say nothing about the content, and
// goes when the blob is erased. Of content over the limit the first and the last
// half are kept, and between them stands the line
//
//	[msp: N bytes left out here]
//
// # Checking without msp
//
//	sha256sum records/ab/<sha256>.dsse.json blobs/ab/<sha256>
//	tail -c +33 blobs/ab/<sha256>                   # the content of a blob
//	jq -r .payload <envelope> | base64 -d           # the statement
//	openssl pkeyutl -verify -pubin -inkey op.pem -rawin -in pae -sigfile sig
//	ssh-keygen -l -f op.pub                         # the key id
//	openssl ts -verify -data 12.ckpt -in 12.tsa.tsr -CAfile tsa.pem
//
// where pae is what is signed, above, and sig a signature after base64 -d; for
// an ECDSA key add -digest sha256, and once the certificate of the timestamp
// authority has expired -attime with the token's time in seconds. A log is checked by any tool for tlog-tiles,
// given the checkpoint's origin and the key as VerifierString writes it.
//
// # Later versions
//
// What was sealed stays readable for ever. A format changes by a new version
// number, in the leaf's v or at the end of the predicate type, never by a new
// member of an old version: strict readers would refuse it. A reader that meets
// a version it doesn't know says so and doesn't call it valid.
package evidence
