package model

import "strings"

// clockForm is a time of the day.
const clockForm = `(?:[01][0-9]|2[0-3]):[0-5][0-9]`

// weekdays are in the order of a roster's words.
func weekdays() []string {
	return []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
}

func calendar() schema {
	holidays := object("The days off.",
		take("country", formed("The country whose statutory days off are taken, as two capital letters.", `^(?:[A-Z]{2})?$`).such("GB")),
		take("region", text("The region of the country, without the country's letters.").such("BY")),
		take("worked", list("Statutory days off on which work is done all the same.", date("A day off of the country.").such("2026-08-31"))),
		take("own", list("Days off besides.", object("One day off.",
			need("date", date("The day.").such("2026-12-24")),
			need("name", text("What the day is called.").such("Christmas Eve")),
		))),
	).holding(when(has("region"), has("country")))
	return document("Calendar", "Working hours and days off.",
		need("id", id("The name by which schedules and SLAs refer to it.").such("uk-working")),
		need("timezone", timezone("The zone of its hours.")),
		need("hours", week("The working hours.")),
		take("business_day", lasting("How long a business day is; at most 24h. As the hours of the week have it unless said.").such("8h")),
		need("valid_until", dateFrom("The last day for which the days off are known, from 2020 to 2099.", "20[2-9][0-9]").such("2027-12-31")),
		take("holidays", holidays),
	)
}

// week is the working hours by weekday.
func week(description string) schema {
	day := "(?:" + strings.Join(weekdays(), "|") + ")"
	stretch := func() schema {
		return formed("Hours and minutes from 00:00 to 24:00; with an end before its begin it goes on over midnight.", "^"+clockForm+"-(?:"+clockForm+"|24:00)$").such("09:00-17:00", "22:00-06:00")
	}
	s := named(description+" By weekday, or by several: monday-friday. Each weekday stands once; one that doesn't stand has none.", "^"+day+"(?:-"+day+")?$",
		either("One stretch of hours, or several.", stretch(), list("Stretches of hours. An empty list is a day without.", stretch())))
	return s.filled()
}
