// Package audit verifies a client's evidence, with nothing but the files and
// what its reader knows from elsewhere: the pins.
//
// # What it shows
//
// A record is signed when its envelope holds the digest that names it, says
// each thing once and nothing unknown, and carries a right signature by the
// operator whom it names. It is logged when the log of a writer, whose tree is
// built again from its entries and held to its signed checkpoint, has the
// envelope's digest as a leaf. So nobody without the keys can change, add,
// drop or reorder anything inside what the checkpoint covers.
//
// What a record concludes is computed again from what it pins: the verdict,
// the deviations, the SLA, the comparison with earlier runs and which earlier
// runs those had to be. The steps that a run-start pins are held to the bytes
// of the runbook that it names. Statements are held to each other: one start
// and one end a run, each end and segment bound to its start by digest, each
// step told once.
//
// What should have happened is computed from the signed plans, each from the
// instant at which it was signed until another took its place, and held to the
// runs: an occurrence without one is missed. That, and a failure, is no fault of
// the evidence, and so no finding; Report.Missed lists it. A finding is a run
// that says of its occurrence, its window, its terms or its plan what that plan
// doesn't give, one that keeps out of the occurrence that it is for, a plan that
// isn't what its documents say, and one that was signed in the past. A run is
// held to the plans that lie before it in its own log; one in another log it may
// not have known.
//
// Trust statements are held to each other: each version is signed by enough roots
// of the one before and by its own, and takes back nothing (trust.Chain). What
// doesn't follow is a finding and says nothing. From the first one on every
// signature is judged by the version that was in force when tokens, the order in
// a log, and last the signer's own word say that it was made; what rests on that
// word is said to. Anchors are their writer's. The writers that the newest version
// names must be there. Report.Trust is the chain, and whether Pins.TrustRoots
// know its first version.
//
// An approval counts for a step when its signer was shown just what was done by
// then, had one of the roles, and did no part of the run with any key. What the
// votes come to is computed again, and whether somebody decided otherwise before
// them in the same log. Where the policy asks for it, the runbook's bytes were
// approved before the run.
//
// A blob may be missing when a logged erasure lists it, which is signed by an
// operator and, from a trust statement on, by as many roots of the version in
// force as its threshold asks for. Report.Erased says what was erased, by whom and why; what
// rested on it is said not to be compared. An erasure of what a legal hold kept
// is a finding, and so is a blob that is missing without one. Corrections, late
// entries and responses stand in Report.Later and change nothing: neither a
// verdict nor whether an occurrence was missed.
//
// Logs are held to the checkpoints that lie beside them under heads/, too, where
// a merge put those of copies that disagreed. They come from the evidence
// itself, so they bear witness against it and never for it.
//
// A token of a timestamp authority whose roots are pinned (Pins.TSAs) shows that
// all that its checkpoint covers existed at its time. What names the token was
// signed after it, and what lies behind that in the log was logged after it. So a
// run whose end is under a token is anchored, and one whose end also names a token
// over its start lies between the two: it is bracketed. A promise is proven to be
// kept when the end existed by the deadline, by the worst that the token's
// accuracy allows. A late token is no finding, and proves the late time only; a
// claimed time that tokens contradict is one.
//
// Who signed is judged by the version of who may sign that was in force, and both
// by the times that tokens show, then by the order in a log, and last by the
// signer's claim, which is said. Of a key that was stolen only what a token shows
// to be older than its revocation stands. The same times decide whether an approval
// came by its deadline and whether a legal hold was there before an erasure. A hold
// that tokens show only later than it claims is said to be claimed.
//
// A cosignature of a known witness (Pins.Witnesses) shows that the log showed it
// one history up to that checkpoint. A bracketed run is witnessed when a witness
// saw its start before its end was there, and its end: one that saw both only
// afterwards shows nothing of the attempts that there may have been before. The policy may demand a level of runs: one that has less is a finding.
//
// VerifyExcerpt checks single entries and their proofs in the same way.
//
// # What it can't show
//
// Report.Unshown says it for the evidence at hand. In general, today:
//
//   - when anything happened, beyond what tokens show: the other times are the
//     signer's word, and only the order within one log is proven;
//   - that nothing was cut off the end of a log, beyond the newest checkpoint
//     that somebody else holds (Pins.Heads). Tokens and cosignatures that are kept
//     beside the log can be taken away with what they cover;
//   - that the writers at hand are all writers there were, unless a trust
//     statement names them, and that the newest of those is here; that the plans
//     at hand ask for everything that was agreed; without a plan nothing is
//     known of what was never started;
//   - whose a key is, when neither Pins.Signers nor Pins.TrustRoots say it: each
//     statement is then held to the key that it names itself, or to a trust
//     statement that is the evidence's own word. The same goes for the key of a
//     log that neither Pins.Logs nor a pinned trust statement names. Without any
//     trust statement it is not known who has which role;
//   - in an excerpt, anything about what isn't there;
//   - that what the operator's own machine signed as observed did happen: who
//     has the keys of operator and writer can sign what never was. Such a
//     record must still agree with itself, with its runbook and with the other
//     records.
//
// # Findings
//
// A Finding has a stable rule, the file, the run and the statement, what is
// wrong and what that means. One cause gives one finding: what can't be judged
// because of it is left out, and nothing else is. Output has one order,
// whatever the order of the work.
package audit
