package spill_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/msp-runbook/msp/runbook/spill"
)

// filled gives a Sorter that has the rows, and is closed after the test.
func filled(t *testing.T, memory int, rows [][]byte) *spill.Sorter {
	t.Helper()
	s := spill.NewSorter(memory)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	var own []byte // Add has to copy
	for _, row := range rows {
		own = append(own[:0], row...)
		if err := s.Add(own); err != nil {
			t.Fatal(err)
		}
		clear(own)
	}
	if s.Len() != len(rows) {
		t.Fatalf("%d rows were added, and there are %d", len(rows), s.Len())
	}
	return s
}

func collect(t *testing.T, rows iter.Seq2[[]byte, error]) [][]byte {
	t.Helper()
	var all [][]byte
	for row, err := range rows {
		if err != nil {
			t.Error(err)
		}
		all = append(all, bytes.Clone(row))
	}
	return all
}

func sorted(rows [][]byte) [][]byte {
	return slices.SortedFunc(slices.Values(rows), bytes.Compare)
}

func beginning(rows [][]byte, prefix []byte) [][]byte {
	return slices.DeleteFunc(slices.Clone(rows), func(row []byte) bool { return !bytes.HasPrefix(row, prefix) })
}

func same(t *testing.T, title string, got, want [][]byte) {
	t.Helper()
	if !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("%s: %d rows differ from the %d that belong there", title, len(got), len(want))
	}
}

// A flavor makes rows that put a strain on something.
var flavors = map[string]func(*rand.Rand) []byte{
	"any":   func(r *rand.Rand) []byte { return random(r, 40, 256) },
	"alike": func(r *rand.Rand) []byte { return random(r, 12, 2) },
	"equal": func(r *rand.Rand) []byte { return random(r, 2, 2) },
	"empty": func(*rand.Rand) []byte { return nil },
	"long":  func(r *rand.Rand) []byte { return append(make([]byte, 300), random(r, 30, 3)...) },
	"very long": func(r *rand.Rand) []byte {
		return append(make([]byte, r.IntN(100)/99*r.IntN(20_000)), random(r, 3, 3)...)
	},
	"mixed":      func(r *rand.Rand) []byte { return bytes.Repeat([]byte{byte(r.IntN(3))}, r.IntN(900)) },
	"same start": func(r *rand.Rand) []byte { return append([]byte("sixteen bytes..."), random(r, 4, 8)...) },
}

// random is up to so many bytes of so many values.
func random(r *rand.Rand, length, values int) []byte {
	b := make([]byte, r.IntN(length+1))
	for i := range b {
		b[i] = byte(r.IntN(values))
	}
	return b
}

// Whatever the rows and the memory, they come back in order, and those that begin
// with a prefix are found.
func TestSorter(t *testing.T) {
	for name, flavor := range flavors {
		for _, memory := range []int{0, 1, 100, 5_000, 100_000} {
			t.Run(fmt.Sprintf("%s in %d", name, memory), func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(uint64(len(name)), uint64(memory)))
				rows := make([][]byte, 1+r.IntN(2000))
				for i := range rows {
					rows[i] = flavor(r)
				}
				s := filled(t, memory, rows)
				want := sorted(rows)
				same(t, "sorted", collect(t, s.Sorted()), want)
				for range 50 {
					prefix := rows[r.IntN(len(rows))]
					prefix = prefix[:r.IntN(len(prefix)+1)]
					same(t, fmt.Sprintf("find %q", prefix), collect(t, s.Find(prefix)), beginning(want, prefix))
					prefix = append(flavor(r), random(r, 1, 256)...)
					same(t, fmt.Sprintf("find %q", prefix), collect(t, s.Find(prefix)), beginning(want, prefix))
				}
				same(t, "again", collect(t, s.Sorted()), want)
			})
		}
	}
}

// Runs that fill a file become one of the next, and the memory for blocks stays small.
func TestTiers(t *testing.T) {
	var rows [][]byte
	for i := range 64*64*2 + 64*3 + 5 {
		rows = append(rows, fmt.Appendf(nil, "row %d of them", i*7919%10_007))
	}
	s := filled(t, 1, rows)
	if got, want := fmt.Sprint(s.Runs()), "[4 3 2]"; got != want {
		t.Errorf("the runs are %s, not %s", got, want)
	}
	same(t, "sorted", collect(t, s.Sorted()), sorted(rows))
	if info, err := s.Files()[0].Stat(); err != nil || info.Size() > 4*20 {
		t.Errorf("the first file keeps what is in the second: %v, %v", info, err)
	}
}

// What is held in memory beside the limit is small, whatever the rows are like.
func TestIndex(t *testing.T) {
	for _, size := range []int{10, 100, 1000, 10_000} {
		total := 4 << 20
		s := spill.NewSorter(100_000)
		for i := range total / size {
			row := append(make([]byte, size-8), fmt.Sprintf("%08d", i)...)
			if err := s.Add(row); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.Index(); got > total/25 {
			t.Errorf("%d bytes for the blocks of %d, with rows of %d", got, total, size)
		}
		s.Close()
	}
}

// Find looks for what stands at the edges of blocks and runs, and for what doesn't
// stand there.
func TestFind(t *testing.T) {
	var rows [][]byte
	for i := range 3000 {
		rows = append(rows, fmt.Appendf(nil, "%04d/%s", i/3*2, strings.Repeat("x", i%60)))
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	want := sorted(rows)
	for _, memory := range []int{0, 40_000, 2_000} {
		s := filled(t, memory, rows)
		for i := range 2100 {
			prefix := fmt.Appendf(nil, "%04d", i)
			found := collect(t, s.Find(prefix))
			if n := (1 - i%2) * 3; i < 2000 && len(found) != n {
				t.Fatalf("%s: %d rows, not %d", prefix, len(found), n)
			}
			same(t, string(prefix), found, beginning(want, prefix))
		}
		for _, prefix := range []string{"", "0", "1", "19", "2", "\x00", "\xff", "0000/", "1998/x", "0000/xx\xff"} {
			same(t, prefix, collect(t, s.Find([]byte(prefix))), beginning(want, []byte(prefix)))
		}
	}
}

// Compact leaves one run, and all rows.
func TestCompact(t *testing.T) {
	var rows [][]byte
	for i := range 5000 {
		rows = append(rows, fmt.Appendf(nil, "%03d/%d", i%700, i))
	}
	for _, memory := range []int{0, 40_000, 2_000, 300} {
		s := filled(t, memory, rows)
		if err := s.Compact(); err != nil {
			t.Fatal(err)
		}
		same(t, "compact", collect(t, s.Sorted()), sorted(rows))
		same(t, "found", collect(t, s.Find([]byte("123/"))), beginning(sorted(rows), []byte("123/")))
		if runs := s.Runs(); len(runs) > 1 || len(s.Files()) > 1 || s.Len() != len(rows) {
			t.Errorf("%d runs in %d files, %d rows", runs, len(s.Files()), s.Len())
		}
		if err := s.Add(nil); err == nil {
			t.Error("a row was added")
		}
		if err := s.Close(); err != nil || s.Compact() == nil {
			t.Errorf("closed: %v", err)
		}
	}
}

// FindFrom begins where it is told to.
func TestFindFrom(t *testing.T) {
	var rows [][]byte
	for i := range 3000 {
		rows = append(rows, fmt.Appendf(nil, "%02d/%02d%s", i%7, i/7%100, strings.Repeat("x", i%300)))
	}
	want := sorted(rows)
	for _, memory := range []int{0, 40_000, 2_000} {
		s := filled(t, memory, rows)
		for _, prefix := range []string{"", "0", "03", "03/5", "06/", "9"} {
			for _, from := range []string{"", "0", "00/", "03", "03/50", "03/50xx", "03/59", "04", "06/99", "06/99" + strings.Repeat("x", 280), "07", "\xff"} {
				found := slices.DeleteFunc(slices.Clone(beginning(want, []byte(prefix))), func(row []byte) bool { return string(row) < from })
				same(t, prefix+" from "+from, collect(t, s.FindFrom([]byte(prefix), []byte(from))), found)
			}
		}
	}
}

// Find reads only the blocks that have what it looks for: damage elsewhere isn't seen.
func TestFindReadsLittle(t *testing.T) {
	var rows [][]byte
	for i := range 10_000 {
		rows = append(rows, fmt.Appendf(nil, "%04d with some more", i))
	}
	s := filled(t, 50_000, append(rows, []byte("zz")))
	file := s.Files()[0]
	if _, err := file.WriteAt([]byte("damage"), 100); err != nil {
		t.Fatal(err)
	}
	if found := collect(t, s.Find([]byte("1700"))); len(found) != 1 {
		t.Errorf("%d rows", len(found))
	}
	for _, err := range s.Find([]byte("0001")) {
		if err == nil {
			t.Error("the damage isn't seen where it is")
		}
	}
}

// A prefix may be written over while its rows are being read.
func TestFindKeepsPrefix(t *testing.T) {
	s := filled(t, 1, [][]byte{[]byte("ab"), []byte("aa"), []byte("b")})
	prefix := []byte("a")
	rows := s.Find(prefix)
	prefix[0] = 'b'
	same(t, "a", collect(t, rows), [][]byte{[]byte("aa"), []byte("ab")})
}

// Many goroutines read side by side.
func TestSideBySide(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	rows := make([][]byte, 5000)
	for i := range rows {
		rows[i] = random(r, 60, 4)
	}
	s := filled(t, 3000, rows)
	want := sorted(rows)
	var readers sync.WaitGroup
	for i := range 8 {
		readers.Go(func() {
			same(t, "sorted", collect(t, s.Sorted()), want)
			prefix := []byte{byte(i % 4)}
			same(t, "find", collect(t, s.Find(prefix)), beginning(want, prefix))
		})
	}
	readers.Wait()
}

// Whoever has seen enough stops, and what was read stays as it was.
func TestBreak(t *testing.T) {
	rows := [][]byte{[]byte("c"), []byte("a"), []byte("b"), []byte("d")}
	for _, memory := range []int{0, 1} {
		s := filled(t, memory, rows)
		all := s.Sorted()
		for n := range rows {
			var last []byte
			seen := 0
			for row, err := range all {
				if err != nil {
					t.Fatal(err)
				}
				last = row
				if seen++; seen > n {
					break
				}
			}
			if want := string("abcd"[n]); string(last) != want {
				t.Errorf("row %d is %s", n, last)
			}
		}
	}
}

// Nothing is added once the rows are being read.
func TestAddAfterReading(t *testing.T) {
	for name, read := range map[string]func(*spill.Sorter){
		"sorted": func(s *spill.Sorter) { s.Sorted() },
		"find":   func(s *spill.Sorter) { s.Find([]byte("x")) },
	} {
		s := filled(t, 0, [][]byte{[]byte("a")})
		read(s)
		if err := s.Add([]byte("b")); err == nil || s.Len() != 1 {
			t.Errorf("%s: %v, %d rows", name, err, s.Len())
		}
		same(t, name, collect(t, s.Sorted()), [][]byte{[]byte("a")})
	}
}

// Close is always possible, and nothing is after it.
func TestClose(t *testing.T) {
	var none *spill.Sorter
	if err := none.Close(); err != nil {
		t.Error(err)
	}
	for _, rows := range []int{0, 1, 1000} {
		s := spill.NewSorter(100)
		for i := range rows {
			if err := s.Add(fmt.Append(nil, i)); err != nil {
				t.Fatal(err)
			}
		}
		before := s.Sorted()
		for range 2 {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := s.Add(nil); err == nil {
			t.Error("a row was added after Close")
		}
		for _, all := range []iter.Seq2[[]byte, error]{before, s.Sorted(), s.Find(nil)} {
			n := 0
			for row, err := range all {
				if n++; row != nil || err == nil {
					t.Errorf("%q, %v after Close", row, err)
				}
			}
			if n != 1 {
				t.Errorf("%d answers after Close", n)
			}
		}
	}
}

// No Sorter without rows needs a file, and none leaves one behind.
func TestFiles(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	t.Setenv("TMP", folder)
	s := spill.NewSorter(1000)
	if len(collect(t, s.Sorted())) != 0 {
		t.Error("rows out of nothing")
	}
	s.Close()
	s = spill.NewSorter(1)
	for i := range 100 {
		if err := s.Add(fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	listed, _ := filepath.Glob(filepath.Join(folder, "*"))
	if runtime.GOOS != "windows" && len(listed) > 0 || len(listed) != len(s.Left()) {
		t.Errorf("the folder has %q", listed)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if listed, _ = filepath.Glob(filepath.Join(folder, "*")); len(listed) > 0 {
		t.Errorf("the folder still has %q", listed)
	}
}

// firstError adds rows until that fails, and holds what follows to the same error.
func firstError(t *testing.T, s *spill.Sorter) error {
	t.Helper()
	defer s.Close()
	for i := range 100_000 {
		err := s.Add(fmt.Append(nil, i))
		if err == nil {
			continue
		}
		if again := s.Add(nil); !errors.Is(again, err) {
			t.Errorf("first %v, then %v", err, again)
		}
		for _, later := range s.Sorted() {
			if !errors.Is(later, err) {
				t.Errorf("added with %v, read with %v", err, later)
			}
		}
		return err
	}
	t.Error("no error")
	return nil
}

// A file that can't be made or written is an error of Add, and of all after it.
func TestAddFails(t *testing.T) {
	const says = "sorting in a temporary file: "
	t.Run("no folder", func(t *testing.T) {
		none := filepath.Join(t.TempDir(), "none")
		t.Setenv("TMPDIR", none)
		t.Setenv("TMP", none)
		if err := firstError(t, spill.NewSorter(1)); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), says) {
			t.Error(err)
		}
	})
	t.Run("full", func(t *testing.T) {
		full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
		if err != nil {
			t.Skip(err)
		}
		s := filledOnce(t)
		s.Replace(full)
		if err := firstError(t, s); !errors.Is(err, syscall.ENOSPC) || !strings.HasPrefix(err.Error(), says) {
			t.Error(err)
		}
	})
	t.Run("merge", func(t *testing.T) {
		s := filledOnce(t)
		if _, err := s.Files()[0].WriteAt([]byte{0xff}, 0); err != nil {
			t.Fatal(err)
		}
		if err := firstError(t, s); err == nil || !strings.HasPrefix(err.Error(), says) {
			t.Error(err)
		}
	})
}

// filledOnce gives a Sorter that has one run in its file.
func filledOnce(t *testing.T) *spill.Sorter {
	t.Helper()
	s := spill.NewSorter(1)
	for _, row := range []string{"first", "second"} {
		if err := s.Add([]byte(row)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// Whatever happens to the file while it is in use is an error, wherever it happens.
func TestDamage(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	rows := make([][]byte, 2000)
	for i := range rows {
		rows[i] = random(r, 50, 256)
	}
	for i := range 200 {
		s := filled(t, 5000, rows)
		file := s.Files()[0]
		info, err := file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		if at := r.Int64N(info.Size()); i%2 == 0 {
			err = file.Truncate(at)
		} else {
			old := make([]byte, 1)
			file.ReadAt(old, at)
			_, err = file.WriteAt([]byte{old[0] ^ byte(1+r.IntN(255))}, at)
		}
		if err != nil {
			t.Fatal(err)
		}
		var last error
		for row, err := range s.Sorted() {
			if last != nil || (row == nil) != (err != nil) {
				t.Errorf("%q, %v after %v", row, err, last)
			}
			last = err
		}
		if last == nil || last.Error() != "sorting in a temporary file: it isn't as it was written" {
			t.Errorf("damage: %v", last)
		}
		s.Close()
	}
}
