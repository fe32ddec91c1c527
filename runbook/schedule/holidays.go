package schedule

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/ar"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/au"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/bg"
	"github.com/rickar/cal/v2/br"
	"github.com/rickar/cal/v2/ca"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/gr"
	"github.com/rickar/cal/v2/hr"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/lt"
	"github.com/rickar/cal/v2/lv"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/nz"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/ro"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/si"
	"github.com/rickar/cal/v2/sk"
	"github.com/rickar/cal/v2/ua"
	"github.com/rickar/cal/v2/us"
	"github.com/rickar/cal/v2/za"
)

// country is whose statutory days off are known: those of the whole country,
// and those of its regions, each list complete. All is nil where there is no
// day without a region.
type country struct {
	all     []*cal.Holiday
	regions map[string][]*cal.Holiday
}

// countries are by ISO 3166-1 code, their regions by ISO 3166-2 without the
// country's code. GB is England and Wales.
var countries = sync.OnceValue(func() map[string]country {
	return map[string]country{
		"AR": {all: ar.Holidays},
		"AT": {all: at.Holidays},
		"AU": {regions: map[string][]*cal.Holiday{
			"ACT": au.HolidaysACT, "NSW": au.HolidaysNSW, "NT": au.HolidaysNT, "QLD": au.HolidaysQLD,
			"SA": au.HolidaysSA, "TAS": au.HolidaysTAS, "VIC": au.HolidaysVIC, "WA": au.HolidaysWA,
		}},
		"BE": {all: be.Holidays},
		"BG": {all: bg.Holidays},
		"BR": {all: br.Holidays},
		"CA": {all: ca.Holidays},
		"CH": {all: ch.Holidays, regions: map[string][]*cal.Holiday{
			"AG": ch.HolidaysAG, "AI": ch.HolidaysAI, "AR": ch.HolidaysAR, "BE": ch.HolidaysBE,
			"BL": ch.HolidaysBL, "BS": ch.HolidaysBS, "FR": ch.HolidaysFR, "GE": ch.HolidaysGE,
			"GL": ch.HolidaysGL, "GR": ch.HolidaysGR, "JU": ch.HolidaysJU, "LU": ch.HolidaysLU,
			"NE": ch.HolidaysNE, "NW": ch.HolidaysNW, "OW": ch.HolidaysOW, "SG": ch.HolidaysSG,
			"SH": ch.HolidaysSH, "SO": ch.HolidaysSO, "SZ": ch.HolidaysSZ, "TG": ch.HolidaysTG,
			"TI": ch.HolidaysTI, "UR": ch.HolidaysUR, "VD": ch.HolidaysVD, "VS": ch.HolidaysVS,
			"ZG": ch.HolidaysZG, "ZH": ch.HolidaysZH,
		}},
		"CZ": {all: cz.Holidays},
		"DE": {all: de.Holidays, regions: map[string][]*cal.Holiday{
			"BB": de.HolidaysBB, "BE": de.HolidaysBE, "BW": de.HolidaysBW, "BY": de.HolidaysBY,
			"HB": de.HolidaysHB, "HE": de.HolidaysHE, "HH": de.HolidaysHH, "MV": de.HolidaysMV,
			"NI": de.HolidaysNI, "NW": de.HolidaysNW, "RP": de.HolidaysRP, "SH": de.HolidaysSH,
			"SL": de.HolidaysSL, "SN": de.HolidaysSN, "ST": de.HolidaysST, "TH": de.HolidaysTH,
		}},
		"DK": {all: dk.Holidays},
		"ES": {all: es.Holidays},
		"FR": {all: fr.Holidays},
		"GB": {all: gb.Holidays},
		"GR": {all: gr.Holidays},
		"HR": {all: hr.Holidays},
		"IE": {all: ie.Holidays},
		"IT": {all: it.Holidays},
		"LT": {all: lt.Holidays},
		"LV": {all: lv.Holidays},
		"NL": {all: nl.Holidays},
		"NO": {all: no.Holidays},
		"NZ": {all: nz.Holidays},
		"PL": {all: pl.Holidays},
		"RO": {all: ro.Holidays},
		"SE": {all: se.Holidays},
		"SI": {all: si.Holidays},
		"SK": {all: sk.Holidays},
		"UA": {all: ua.Holidays},
		"US": {all: us.Holidays},
		"ZA": {all: za.Holidays},
	}
})

// firstHoliday is the first day of which statutory days off are listed.
var firstHoliday = time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC)

// statutoryDays are the days off of a country or one of its regions through a
// last day, by date. A holiday that is observed on another day takes both.
func statutoryDays(code, region string, last time.Time) (map[string]string, error) {
	c, ok := countries()[code]
	if !ok {
		return nil, fmt.Errorf("the days off of the country %q are not known; known are %s", code, strings.Join(slices.Sorted(maps.Keys(countries())), ", "))
	}
	holidays := c.all
	if region != "" {
		if holidays, ok = c.regions[region]; !ok {
			return nil, fmt.Errorf("the region %q of %s is not known; %s", region, code, regionNames(c))
		}
	} else if holidays == nil {
		return nil, fmt.Errorf("the days off of %s differ by region; %s", code, regionNames(c))
	}
	found := map[string]string{}
	for year := firstHoliday.Year(); year <= last.Year()+1; year++ {
		for _, h := range holidays {
			actual, observed := h.Calc(year)
			addHoliday(found, observed, h.Name+" (observed)", last)
			addHoliday(found, actual, h.Name, last)
		}
	}
	return found, nil
}

func regionNames(c country) string {
	if len(c.regions) == 0 {
		return "none of its regions is"
	}
	return "known are " + strings.Join(slices.Sorted(maps.Keys(c.regions)), ", ")
}

// addHoliday takes a day that isn't before the first or behind the last. The
// library's days are midnights of some zone: their date alone counts.
func addHoliday(found map[string]string, at time.Time, name string, last time.Time) {
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	if !at.IsZero() && !day.Before(firstHoliday) && !day.After(last) {
		found[day.Format(time.DateOnly)] = name
	}
}
