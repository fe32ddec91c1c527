package runbook

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/msp-runbook/msp/runbook/document"
)

var sizeForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9]+) ?([A-Za-z]*)$`) })

// The units of a size: those of 1000 and those of 1024, spelt exactly, since
// "mb" could be read in several ways.
var sizeUnits = map[string]int64{
	"": 1, "B": 1,
	"kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15,
	"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "PiB": 1 << 50,
}

// ParseSize reads a number of bytes: a whole number, or one with a unit: "1 MiB",
// "10 GB".
func ParseSize(text string) (int64, error) {
	match := sizeForm().FindStringSubmatch(strings.TrimSpace(text))
	if match == nil {
		return 0, fmt.Errorf("%s is not a size", document.Quote(text))
	}
	unit, ok := sizeUnits[match[2]]
	if !ok {
		return 0, fmt.Errorf("%s is not a unit of size", document.Quote(match[2]))
	}
	count, err := strconv.ParseInt(match[1], 10, 64)
	if err != nil || count > math.MaxInt64/unit {
		return 0, fmt.Errorf("%s is too large", document.Quote(text))
	}
	return count * unit, nil
}
