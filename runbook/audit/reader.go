package audit

// A reader reads statements and what they name. What it finds is its own, so
// that many can work side by side.
type reader struct {
	*audit // not written to
	finder // its own, before the audit's
	traces
}

// traces are what remains of a reader's work, beside what it found.
type traces struct {
	signers []string
	blobs   []string // digests that the statements name
	whole   int      // how many of them are whole
	gone    []string // those that are missing because they were erased
	newest  []newest
}
