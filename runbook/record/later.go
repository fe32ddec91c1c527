package record

// Statements are all statements that were read, by the digests of their
// envelopes, and the run that each belongs to; "" for none.
func (h *History) Statements() map[string]string {
	all := map[string]string{}
	for _, a := range h.Accounts {
		all[a.Start.Digest] = a.Run
		for _, s := range a.Segments {
			all[s.Digest] = a.Run
		}
		if a.End != nil {
			all[a.End.Digest] = a.Run
		}
	}
	for _, p := range h.Plans {
		all[p.Digest] = ""
	}
	for _, t := range h.Trusts {
		all[t.Digest] = ""
	}
	for _, said := range h.said {
		if s, ok := said.(anySigned); ok {
			all[s.Name()] = s.Head().Run
		}
	}
	return all
}

// Newest is the digest of the newest statement of a run: its end, where it has
// one.
func (a *Account) Newest() string {
	switch {
	case a.End != nil:
		return a.End.Digest
	case len(a.Segments) > 0:
		return a.Segments[len(a.Segments)-1].Digest
	default:
		return a.Start.Digest
	}
}
