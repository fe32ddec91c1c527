package audit

// The names of the checks.
const (
	checkLog        = "log"
	checkSignatures = "signatures"
	checkRuns       = "runs"
	checkSLA        = "sla"
	checkPlan       = "plan"
	checkBlobs      = "blobs"
	checkErasures   = "erasures"
	checkTrust      = "trust"
)

// The rules.
const (
	ruleLogEmpty      = "log-empty"
	ruleLogMissing    = "log-missing"
	ruleLogCut        = "log-cut"
	ruleLogRewritten  = "log-rewritten"
	ruleLogForeign    = "log-foreign"
	ruleLogKey        = "log-key-differs"
	ruleLogKeyUnknown = "log-key-unknown"
	ruleLogUnreadable = "log-unreadable"
	ruleCheckpoint    = "checkpoint-wrong"
	ruleEntry         = "entry-changed"
	ruleTile          = "tile-changed"
	ruleFileMissing   = "file-missing"
	ruleFileForeign   = "file-foreign"
	ruleHead          = "head-unusable"

	ruleSignatureMissing = "signature-missing"
	ruleSignatureWrong   = "signature-wrong"
	ruleSignerUnknown    = "signer-unknown"
	ruleWeakKey          = "weak-key"
	ruleRecordChanged    = "record-changed"
	ruleMalformed        = "statement-malformed"
	ruleKindUnknown      = "kind-unknown"
	ruleKindDiffers      = "kind-differs"
	ruleSubjects         = "subjects-differ"

	ruleClient        = "client-differs"
	ruleWriter        = "writer-differs"
	ruleRunID         = "run-id"
	ruleNoStart       = "run-without-start"
	ruleStartTwice    = "start-twice"
	ruleRunTwice      = "run-twice"
	ruleNeverFinished = "run-never-finished"
	ruleStartMismatch = "start-mismatch"
	ruleSegmentOrder  = "segment-order"
	ruleSpliced       = "spliced"
	ruleOrder         = "order"
	ruleTimes         = "times-contradict"

	ruleStepTwice   = "step-twice"
	ruleStepUnknown = "step-unknown"
	ruleStepOrder   = "step-order"
	ruleStepProof   = "proof-differs"
	ruleStepLeftOut = "step-left-out"
	ruleSource      = "source-differs"
	ruleVerdict     = "verdict-differs"
	ruleSLA         = "sla-differs"
	ruleDeviation   = "deviation-differs"
	ruleNormal      = "normal-differs"
	ruleBaseline    = "baseline-differs"

	rulePlan         = "plan-differs"
	ruleBackdated    = "plan-backdated"
	rulePlanMismatch = "plan-mismatch"
	ruleOccurrence   = "occurrence-differs"
	ruleUnscheduled  = "unscheduled-though-planned"
	ruleRepeats      = "repeats-differs"

	ruleBlobMissing   = "blob-missing"
	ruleBlobChanged   = "blob-changed"
	ruleBlobMalformed = "blob-malformed"

	// What is never broken by itself.
	ruleNoTime       = "no-outside-time"
	ruleNoWitness    = "no-witness"
	ruleNoPlan       = "no-plan"
	ruleNotPinned    = "signers-not-pinned"
	ruleLogNotPinned = "log-not-pinned"
	ruleLogAbsent    = "log-absent"
	ruleHeadForeign  = "head-foreign"
	ruleNotCompared  = "not-compared"
	ruleNotLogged    = "record-not-logged"
	ruleBlobUnnamed  = "blob-unnamed"
	ruleOperator     = "operator-changed"
	rulePlanUnknown  = "plan-unknown"
	rulePlanOrder    = "plan-order"
	ruleDuplicate    = "occurrence-duplicate"

	// What was stated about occurrences, and holds of clocks.
	ruleUnmetUnknown    = "unmet-unplanned"
	ruleUnmetEarly      = "unmet-early"
	ruleUnmetWaiver     = "unmet-not-waived"
	ruleUnmetFalse      = "unmet-though-run"
	ruleRunAfterUnmet   = "run-after-unmet"
	ruleTicker          = "ticker-differs"
	ruleHoldAfter       = "hold-after-end"
	ruleHoldBackdated   = "hold-backdated"
	ruleHoldCounted     = "hold-counted"
	ruleHoldReleased    = "hold-released"    // never broken
	ruleUnmetSuperseded = "unmet-superseded" // never broken
	ruleUnmetStands     = "unmet-stands"     // never broken

	// Times from outside (proven.go).
	ruleToken          = "token-wrong"
	ruleTokenMissing   = "token-missing"
	ruleTokenOrder     = "token-order"
	ruleAnchorDiffers  = "anchor-differs"
	ruleTimeBackdated  = "time-backdated"
	ruleTimeAhead      = "time-ahead"
	ruleTokenNotPinned = "token-not-pinned"
	ruleAnchorAge      = "anchor-age"
	// Of bundles.
	ruleExcerpt = "excerpt"
	// Of a part of the logs.
	ruleSince = "since-checkpoint"
	// Erasures, and later words.
	ruleErasureSigners = "erasure-signers"
	ruleErasureHeld    = "erasure-held"
	ruleReleaser       = "release-not-entitled"
	ruleErasureUnnamed = "erasure-unnamed"     // never broken
	ruleHoldClaimed    = "hold-claimed"        // never broken
	ruleErasedPresent  = "erased-but-there"    // never broken
	ruleAboutUnknown   = "later-about-nothing" // never broken
	// Approvals.
	ruleApprovalMissing = "approval-missing"
	ruleApprovalOther   = "approval-mismatch"
	ruleFourEyes        = "four-eyes"
	ruleApprover        = "approver-not-entitled"
	ruleDecision        = "decision-differs"
	ruleRound           = "round-differs"
	ruleUnapproved      = "runbook-not-approved"
	ruleNoRoles         = "roles-unknown" // never broken by itself
	// Who may sign.
	ruleTrust          = "trust-differs"
	ruleTrustForked    = "trust-forked"
	ruleTrustRoot      = "trust-root-differs"
	ruleTrustCopy      = "trust-copy-differs"
	ruleNotEntitled    = "signer-not-entitled"
	ruleAgent          = "agent-for-person"
	ruleWriterHidden   = "writer-hidden"
	ruleWriterUnknown  = "writer-unknown"
	ruleWriterRevoked  = "writer-revoked"
	ruleLevel          = "level-below"
	ruleDemanded       = "level-demanded"
	ruleTrustNotPinned = "trust-not-pinned"
	ruleProvidersWord  = "identities-of-the-provider"
	ruleClaimedTime    = "entitled-as-claimed"
	ruleBeforeTrust    = "before-trust"
)

// A rule is the check that it belongs to and what its findings mean.
type rule struct{ check, means string }

var rules = map[string]rule{
	ruleLogEmpty:      {checkLog, "There is nothing that could be verified here; no evidence is never good evidence."},
	ruleLogMissing:    {checkLog, "Everything that this writer recorded is gone from this copy: get the log from another copy, or hold it to be lost."},
	ruleLogCut:        {checkLog, "Runs that were recorded are gone from this copy; the copy that the checkpoint came from has them."},
	ruleLogRewritten:  {checkLog, "The history was replaced after somebody saw it: don't rely on any record of this log."},
	ruleLogForeign:    {checkLog, "This is the log of another client or writer, put in this one's place."},
	ruleLogKey:        {checkLog, "Another key signed this log than the one expected: none of its records counts as logged."},
	ruleLogKeyUnknown: {checkLog, "Without the writer's key nothing in this log can be verified: give the key from outside."},
	ruleLogUnreadable: {checkLog, "None of the records of this log can be shown to be logged."},
	ruleCheckpoint:    {checkLog, "The signed head of the log doesn't cover what is in it: none of its records can be shown to be logged."},
	ruleEntry:         {checkLog, "The log was changed after its checkpoint was signed: none of its records can be shown to be logged until this file is restored."},
	ruleTile:          {checkLog, "A file of the log was changed after it was written: none of its records can be shown to be logged until it is restored."},
	ruleFileMissing:   {checkLog, "What the log or a statement refers to is gone: restore it from another copy; until then nothing is known of what it said."},
	ruleFileForeign:   {checkLog, "It is no part of the evidence: somebody put it there."},
	ruleHead:          {checkLog, "That checkpoint can't be held against the log, so a cut or a rewriting that it would show goes unseen."},

	ruleSignatureMissing: {checkSignatures, "Nobody signed this: it proves nothing."},
	ruleSignatureWrong:   {checkSignatures, "Whom it names did not sign these bytes: it proves nothing."},
	ruleSignerUnknown:    {checkSignatures, "It was signed by somebody who is not among the accepted signers."},
	ruleWeakKey:          {checkSignatures, "Anybody can make signatures that fit this key: it proves nothing."},
	ruleRecordChanged:    {checkSignatures, "The record was changed after it was logged: restore it from another copy; what this file says now counts for nothing."},
	ruleMalformed:        {checkSignatures, "Two readers could understand it differently, so it counts for nothing."},
	ruleKindUnknown:      {checkSignatures, "A newer msp may have written it; what it says was not looked at."},
	ruleKindDiffers:      {checkSignatures, "A statement was put in the place of one of another kind."},
	ruleSubjects:         {checkSignatures, "Other tools that check the statement would check other files than it speaks of."},

	ruleClient:        {checkRuns, "A run for somebody else was put among this client's."},
	ruleWriter:        {checkRuns, "The statement was made for another log: it was moved here."},
	ruleRunID:         {checkRuns, "msp gives no run such an id."},
	ruleNoStart:       {checkRuns, "Nothing says under which terms this run began, so nothing about it can be judged."},
	ruleStartTwice:    {checkRuns, "One run can't begin twice: somebody may have chosen the better of two attempts."},
	ruleRunTwice:      {checkRuns, "One run can't end twice: only the first end counts, the later ones were made afterwards."},
	ruleNeverFinished: {checkRuns, "It counts as failed: nobody can make a failure vanish by not finishing it."},
	ruleStartMismatch: {checkRuns, "The statement is bound to another beginning than this run's: it doesn't count for the run."},
	ruleSegmentOrder:  {checkRuns, "Parts of the run were dropped, repeated or put in another order."},
	ruleSpliced:       {checkRuns, "Parts of two runs were put together: it doesn't count for either."},
	ruleOrder:         {checkRuns, "It was logged in an order in which a run can't happen: it was made before or after the fact."},
	ruleTimes:         {checkRuns, "The times that it claims can't all be true."},
	ruleStepTwice:     {checkRuns, "A step with two outcomes has none that can be relied on."},
	ruleStepUnknown:   {checkRuns, "The step is none of those that the run was started with."},
	ruleStepOrder:     {checkRuns, "The steps were not done in the order that the runbook asks for, or were edited afterwards."},
	ruleStepProof:     {checkRuns, "The step can't be known in the way that the record says."},
	ruleStepLeftOut:   {checkRuns, "A step counts as not needed that was: the run is not done as it says."},
	ruleSource:        {checkRuns, "The run was judged by other terms than those of the runbook that it names."},
	ruleVerdict:       {checkRuns, "The record claims a better or other result than its own steps give; the computed one counts."},
	ruleSLA:           {checkSLA, "The record claims another result against the SLA than its own times give; the computed one counts."},
	ruleDeviation:     {checkRuns, "Something that was not done as agreed was hidden or invented; the computed deviations count."},
	ruleNormal:        {checkRuns, "What the record says about a value being usual is not what its own terms give."},
	ruleBaseline:      {checkRuns, "The earlier values that the comparison rests on are not those that the logs hold."},

	rulePlan:         {checkPlan, "What was signed to be due is not what the plan and its runbooks say: somebody signed other terms than were agreed."},
	ruleBackdated:    {checkPlan, "A plan that could be signed in the past would change what was due there."},
	rulePlanMismatch: {checkRuns, "The run is held to a plan that was not in force: its occurrence and its terms are not those that were agreed."},
	ruleOccurrence:   {checkRuns, "The run counts for no other occurrence than the one in whose window it began."},
	ruleUnscheduled:  {checkRuns, "It hides a run from its occurrence; the computed one counts, so that nobody retries until one succeeds."},
	ruleRepeats:      {checkRuns, "Which run was the first for the occurrence is not what the record says; the first to end decides."},

	ruleBlobMissing:   {checkBlobs, "The kept output, answer or file is gone, and no erasure says why: what it showed can't be shown any more."},
	ruleBlobChanged:   {checkBlobs, "The kept output, answer or file was changed after it was recorded: it proves nothing now."},
	ruleBlobMalformed: {checkBlobs, "What was kept can't be read as what it should be, so what rests on it was not checked."},

	ruleNoTime:       {checkLog, "When anything happened is the signer's word; only the order within one log is proven."},
	ruleNoWitness:    {checkLog, "If the newest entries were cut off before anyone else saw them, nobody outside could tell."},
	ruleNoPlan:       {checkRuns, "A run that should have happened and was never started leaves no trace here."},
	ruleNotPinned:    {checkSignatures, "Whose keys signed is not known: each statement was held to the key that it names itself."},
	ruleLogNotPinned: {checkLog, "Who has write access to this copy could have made the whole log anew, with another key."},
	ruleLogAbsent:    {checkLog, "Either it has recorded nothing about this client, or its log was left out of this copy."},
	ruleHeadForeign:  {checkLog, "It says nothing about the evidence at hand."},
	ruleNotCompared:  {checkRuns, "It could not be checked; what stands in the way is said elsewhere."},
	ruleNotLogged:    {checkSignatures, "It is what a crash leaves between storing and logging; it counts for nothing."},
	ruleBlobUnnamed:  {checkBlobs, "It is what a crash leaves; it counts for nothing."},
	ruleOperator:     {checkSignatures, "With no signers pinned, nothing says whether the second one was entitled to go on."},
	rulePlanUnknown:  {checkRuns, "The plan stands in another log, so the run's machine may not have known it."},
	rulePlanOrder:    {checkPlan, "No log holds both. Had it been signed later than it says, what it no longer asks for in between would go unseen."},
	ruleDuplicate:    {checkRuns, "Two machines may not have known of each other; the first to end decides, and the other changes nothing."},

	// What was stated about occurrences, and holds of clocks.
	ruleUnmetUnknown:    {checkPlan, "Nobody was to do it: the statement counts for nothing."},
	ruleUnmetEarly:      {checkPlan, "Somebody could still have done it: the statement counts for nothing."},
	ruleUnmetWaiver:     {checkPlan, "Nobody who might has excused it: it counts as missed."},
	ruleUnmetFalse:      {checkPlan, "Who stated it held a record of the run; the run counts."},
	ruleRunAfterUnmet:   {checkRuns, "It was made up when it was known to be missing: the occurrence counts as missed."},
	ruleTicker:          {checkSignatures, "Another installation than the agreed one states what was due, or tells people of it: ask why."},
	ruleHoldAfter:       {checkSLA, "A hold that was thought of afterwards pauses nothing."},
	ruleHoldBackdated:   {checkSLA, "It pauses nothing before the time at which it was logged."},
	ruleHoldCounted:     {checkSLA, "Time counts as paused that wasn't: the run is judged without it."},
	ruleHoldReleased:    {checkSLA, "Its machine didn't know of the release; what was logged counts."},
	ruleUnmetSuperseded: {checkPlan, "Its machine didn't know of the run; what is proven counts."},
	ruleUnmetStands:     {checkPlan, "The run may have been made up since: the occurrence counts as missed."},

	// Times from outside (proven.go).
	ruleToken:          {checkLog, "What it is kept for, a time from outside, it doesn't show: somebody changed it or put it there."},
	ruleTokenMissing:   {checkLog, "The time that it stood for can't be shown any more: restore it from another copy."},
	ruleTokenOrder:     {checkRuns, "Nothing can name what was made after it: one of the timestamp authorities is wrong about the time."},
	ruleAnchorDiffers:  {checkLog, "The log says of something from outside what isn't so; what it says itself counts."},
	ruleTimeBackdated:  {checkRuns, "It was made later than it says: the time that it claims is wrong, and whatever rests on it."},
	ruleTimeAhead:      {checkRuns, "It was made earlier than it says: what it tells of hadn't happened by then, or the clock was wrong."},
	ruleTokenNotPinned: {checkLog, "They may prove times or nothing: without the authority's roots from outside they were not looked at."},
	ruleAnchorAge:      {checkLog, "What came after it has no time from outside, and could be cut off without a trace in it."},
	// Of bundles.
	ruleExcerpt: {checkRuns, "Other attempts, what was due besides, later statements and what is normal can't be shown: the whole evidence of the client shows them."},
	ruleSince:   {checkLog, "What came before may have been changed since. It wasn't looked at, so this doesn't show second runs for an occurrence, the earlier runs that a value is compared with, what was due and never done, and plans and erasures from then. Who may sign is what the copies under trust/ say."},
	// Erasures, and later words.
	ruleErasureSigners: {checkErasures, "It excuses no missing blob: whoever may sign erasures did not agree to it."},
	ruleErasureHeld:    {checkErasures, "What had to be kept was erased all the same: ask who decided it, and why."},
	ruleReleaser:       {checkErasures, "It ends nothing: what the hold keeps has to be kept until whoever laid it, or a lead, releases it."},
	ruleErasureUnnamed: {checkErasures, "Nothing that was recorded is missing for it."},
	ruleHoldClaimed:    {checkErasures, "From when on it holds is its signer's word, up to the time that is shown."},
	ruleErasedPresent:  {checkErasures, "It is what a crash leaves between logging and erasing: msp erase --finish removes it."},
	ruleAboutUnknown:   {checkSignatures, "What it corrects or answers may stand in a log that is not here."},
	// Approvals.
	ruleApprovalMissing: {checkRuns, "Nobody is shown to have agreed: the step doesn't count as approved."},
	ruleApprovalOther:   {checkRuns, "Somebody agreed to something else than what was done: the step doesn't count as approved."},
	ruleFourEyes:        {checkRuns, "One person did the work and approved it: nobody else looked."},
	ruleApprover:        {checkRuns, "Who decided has not the role that the runbook asks for: the step doesn't count as approved."},
	ruleDecision:        {checkRuns, "The record tells another decision than the one that was signed; the signed one counts."},
	ruleRound:           {checkRuns, "Steps were not done again as the approver asked, or more often than anybody asked."},
	ruleUnapproved:      {checkRuns, "The provider and the client agreed that only approved runbooks are run, and this one was not."},
	ruleNoRoles:         {checkRuns, "Two keys are shown, and not that two people used them, or the right ones."},
	// Who may sign.
	ruleTrust:          {checkTrust, "It says who may sign and wasn't made as such a statement has to be: it counts for nothing, nor does what follows on it."},
	ruleTrustForked:    {checkTrust, "There are two answers to who may sign: only the first one counts, and somebody may have been shown the other."},
	ruleTrustRoot:      {checkTrust, "Who may sign was decided by somebody else than whom you trust: all of it may have been made anew."},
	ruleTrustCopy:      {checkTrust, "Who reads the copy is told something else than what the logs hold."},
	ruleNotEntitled:    {checkTrust, "Whoever signed it was not entitled to at that time: it counts for nothing good; a failure that it tells stays one."},
	ruleAgent:          {checkTrust, "A machine says what only a person can: nobody answers for it."},
	ruleWriterHidden:   {checkTrust, "Everything that this writer recorded is missing from this copy: ask for its log, or hold it to be withheld."},
	ruleWriterRevoked:  {checkTrust, "Whoever has the writer's key now could have made it: it counts for nothing good; a failure that it tells stays one."},
	ruleWriterUnknown:  {checkTrust, "Nobody who decides about trust has said that this installation writes evidence."},
	ruleLevel:          {checkTrust, "Less is shown about it than was agreed."},
	ruleDemanded:       {checkRuns, "Less is shown about them than you asked for with this audit; it says nothing else against them."},
	ruleTrustNotPinned: {checkTrust, "Who has write access to this copy could have named any roots."},
	ruleProvidersWord:  {checkTrust, "The provider alone decides whose keys these are; it could have made a person up."},
	ruleClaimedTime:    {checkTrust, "It stands by the signer's own word about the time, which nothing from outside proves."},
	ruleBeforeTrust:    {checkTrust, "Nothing said at that time who might sign."},
}
