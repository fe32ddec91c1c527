package runbook

import (
	"archive/zip"
	"bytes"
	_ "embed" // the zones are the same on every machine
	"fmt"
	"io"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/msp-runbook/msp/runbook/document"
)

// zoneinfo is the IANA time zone database as Go distributes it, in
// lib/time/zoneinfo.zip. It alone says what a zone is: the copies of the
// systems that msp runs on differ, and a deadline may not.
//
//go:embed zoneinfo.zip
var zoneinfo []byte

// ZoneVersion is the release of the IANA database in zoneinfo.
const ZoneVersion = "2025c"

var openZones = sync.OnceValues(func() (*zip.Reader, error) {
	return zip.NewReader(bytes.NewReader(zoneinfo), int64(len(zoneinfo)))
})

// readZones holds the zones that were asked for, by name: calendars ask for
// theirs again with every instant, and a zone never changes.
var readZones sync.Map

// Zone gives the time zone with an IANA name.
func Zone(name string) (*time.Location, error) {
	if name == "UTC" {
		return time.UTC, nil
	}
	known, _ := readZones.Load(name)
	if zone, ok := known.(*time.Location); ok {
		return zone, nil
	}
	zone, err := readZone(name)
	if err == nil {
		readZones.Store(name, zone)
	}
	return zone, err
}

// ZoneHint says which time zone may have been meant by a name of none: one that
// is written much like it, also by its city alone.
func ZoneHint(name string) string {
	const form = "an IANA name, such as Europe/London"
	zones, err := openZones()
	if err != nil {
		return form
	}
	var names []string
	for _, f := range zones.File {
		area, city, ok := strings.Cut(f.Name, "/")
		switch {
		case !ok || area == "Etc" || strings.HasSuffix(city, "/"):
		case strings.EqualFold(path.Base(city), strings.ReplaceAll(name, " ", "_")):
			return "did you mean " + f.Name + "?"
		default:
			names = append(names, f.Name)
		}
	}
	if near := document.Nearest(name, names); near != "" {
		return "did you mean " + near + "?"
	}
	return form
}

func readZone(name string) (*time.Location, error) {
	zones, err := openZones()
	if err != nil {
		return nil, err
	}
	f, err := zones.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time zone", name)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time zone", name)
	}
	return time.LoadLocationFromTZData(name, data)
}
