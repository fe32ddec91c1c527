package runbook

import (
	"archive/zip"
	"bytes"
	_ "embed" // the zones are the same on every machine
	"fmt"
	"io"
	"sync"
	"time"
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
