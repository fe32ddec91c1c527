package audit

import (
	"errors"
	"strconv"
	"testing"
)

// TestMemo: what is kept is read once, errors are never kept, and there is a limit.
func TestMemo(t *testing.T) {
	var m memo[int]
	reads := 0
	get := func(key string) int {
		v, err := m.get(key, func() (int, error) { reads++; return strconv.Atoi(key) })
		if (err != nil) != (key == "x") {
			t.Errorf("%s: %v", key, err)
		}
		return v
	}
	for range 3 {
		if get("7") != 7 || get("x") != 0 {
			t.Error("another value")
		}
	}
	if reads != 1+3 {
		t.Errorf("%d reads", reads)
	}
	for i := range 3 * mostMemories {
		get(strconv.Itoa(i))
	}
	before := reads
	get(strconv.Itoa(3*mostMemories - 1))
	get(strconv.Itoa(2 * mostMemories))
	if len(m.kept) != mostMemories || reads != before {
		t.Errorf("%d are kept, %d of the newest were read again", len(m.kept), reads-before)
	}
	if get("7"); reads != before+1 {
		t.Error("the oldest is kept")
	}
	if _, err := m.get("y", func() (int, error) { return 0, errors.New("no") }); err == nil {
		t.Error("an error was lost")
	}
}
