package lint

import (
	"hash/fnv"
	"io"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

var duplicateRunbook = Rule{
	ID: "duplicate-runbook", Severity: Info,
	Summary: "two runbooks do nearly the same",
	Why: `A copy for each client is mended once and forgotten everywhere else. One runbook with
inputs, which each client's plan fills in, is reviewed once and is the same for all.`,
	Bad: `-- mail-acme.yaml --
id: mail-acme
steps:
  - {id: count, title: Few letters wait, run: test "$(find /var/spool/mail | wc -l)" -le 50}
  - {id: disk, title: The spool has room, run: "test $(df --output=pcent /var/spool | tail -n 1 | tr -d ' %') -lt 90"}
  - {id: up, title: The server runs, run: pgrep postfix}
-- mail-northwind.yaml --
id: mail-northwind
steps:
  - {id: count, title: Few letters wait, run: test "$(find /var/spool/mail | wc -l)" -le 50}
  - {id: disk, title: The spool has room, run: "test $(df --output=pcent /var/spool | tail -n 1 | tr -d ' %') -lt 90"}
  - {id: server, title: The server is up, run: pgrep postfix}`,
	Good: `id: mail
steps:
  - {id: count, title: Few letters wait, run: test "$(find /var/spool/mail | wc -l)" -le 50}
  - {id: disk, title: The spool has room, run: "test $(df --output=pcent /var/spool | tail -n 1 | tr -d ' %') -lt 90"}
  - {id: up, title: The server runs, run: pgrep postfix}`,
	all: func(p *pass, all *Documents) {
		seen := map[uint64][]int{} // the first few runbooks in which a step's work stands
		sizes := make([]int, len(all.Runbooks))
		for i, r := range all.Runbooks {
			works := worksOf(r)
			sizes[i] = len(works)
			if n := twin(works, sizes, seen); n >= 0 {
				like := all.Runbooks[n]
				p.report(r.Root.Value("id").Position(), "make one runbook of them, with inputs for what differs", "the steps do nearly the same as those of %s, at %s", like.ID, like.Root.Value("id").Position())
			}
			for work := range works {
				if len(seen[work]) < mostTwins {
					seen[work] = append(seen[work], i)
				}
			}
		}
	},
}

const (
	leastSteps = 3 // fewer are alike by chance
	mostTwins  = 8 // runbooks that one is compared with by a step's work
)

// twin is the number of an earlier runbook that has four in five of the works, and of
// which they are four in five; -1 for none.
func twin(works map[uint64]bool, sizes []int, seen map[uint64][]int) int {
	if len(works) < leastSteps {
		return -1
	}
	shared := map[int]int{}
	for work := range works {
		for _, other := range seen[work] {
			shared[other]++
		}
	}
	best := -1
	for other, count := range shared {
		if 5*count >= 4*max(len(works), sizes[other]) && (best < 0 || other < best) {
			best = other
		}
	}
	return best
}

// worksOf are digests of what the steps do: of the values under their kind's keys,
// however they are called and explained.
func worksOf(r *runbook.Runbook) map[uint64]bool {
	works := map[uint64]bool{}
	for i, step := range r.Root.Value("steps").Items() {
		if i < len(r.Steps) {
			h := fnv.New64a()
			digest(h, step.Value(r.Steps[i].Kind))
			works[h.Sum64()] = true
		}
	}
	return works
}

// digest writes a value so that two are written alike when they are equal.
func digest(w io.Writer, n *document.Node) {
	_, _ = io.WriteString(w, n.Kind().String()+"\x00"+n.Text()+"\x00")
	for _, item := range n.Items() {
		digest(w, item)
	}
	for _, field := range n.Fields() {
		_, _ = io.WriteString(w, field.Key+"\x00")
		digest(w, field.Value)
	}
}
