package model

import "strings"

// The forms of names, as the loaders have them.
const (
	idForm      = `^[a-z0-9][a-z0-9-]{0,62}$`
	nameForm    = `^[a-z][a-z0-9_]{0,62}$`
	envForm     = `^[A-Za-z_][A-Za-z0-9_]*$`
	versionForm = `^(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)$`
)

// lengthForm is a length of time: units go from large to small, each once. It
// fits the empty text as well, which a length of at least two characters refuses.
const lengthForm = `(?:[0-9]+w)?(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?(?:[0-9]+ms)?`

const workingForm = `[0-9]+ business (?:hours?|days?)|` + lengthForm

// computed finds an expression in a text.
const computed = `\$\{\{`

// single are the types of one value, as YAML has it without quotes.
func single() []string { return []string{"string", "number", "boolean"} }

func text(description string) schema { return schema{Description: description, Type: "string"} }

// formed is text of a form.
func formed(description, form string) schema {
	s := text(description)
	s.Pattern = form
	return s
}

// said is text that isn't blank.
func said(description string) schema { return formed(description, `\S`) }

// heading is one line of fixed text.
func heading(description string) schema {
	return formed(description+" One line of fixed text.", `^[^\r\n]*\S[^\r\n]*$`).without(computed)
}

// line is one line of text, blanks and line ends around it aside.
func line(description string) schema { return formed(description+" One line.", `^\s*\S.*\s*$`) }

func id(description string) schema {
	return formed(description+" Lower-case letters, digits and hyphens, at most 63.", idForm)
}

func name(description string) schema {
	return formed(description+" Lower-case letters, digits and underscores, at most 63.", nameForm)
}

func version(description string) schema {
	return formed(description+" Three numbers.", versionForm).such("1.4.0")
}

func enum(description string, words ...string) schema {
	s := text(description)
	s.Enum = words
	return s
}

func yes(description string) schema {
	return schema{Description: description, Type: "boolean"}.usually(false)
}

func number(description string) schema { return schema{Description: description, Type: "number"} }

// whole is a whole number from 1 on.
func whole(description string, most int) schema {
	least := 1
	return schema{Description: description, Type: "integer", Minimum: &least, Maximum: &most}
}

// scalar is one value of any type, read as the text that the file has.
func scalar(description string) schema { return schema{Description: description, Type: single()} }

// template is a value in which expressions may stand.
func template(description string) schema {
	return scalar(description + " Expressions may stand in it: ${{ inputs.name }}.")
}

// condition is an expression that is true or false.
func condition(description string) schema {
	return schema{Description: description, Type: []string{"string", "boolean"}, Pattern: `\S`}
}

func length(description, form string) schema {
	s := formed(description, "^(?:"+form+")$")
	s.MinLength = len("0s")
	return s
}

// duration is a length of time, lasting one that isn't zero.
func duration(description string) schema {
	return length(description+" Whole numbers with units, from w, d, h, m, s and ms: 1h30m.", lengthForm)
}

func lasting(description string) schema {
	return duration(description).holding(schema{Pattern: "[1-9]"})
}

// workingTime may count in a calendar, promise is one that isn't zero.
func workingTime(description string) schema {
	return length(description+" A length of time: 30m, 26h, 2d, or working time: 4 business hours, 2 business days.", workingForm)
}

func promise(description string) schema {
	return workingTime(description).holding(schema{Pattern: "[1-9]"})
}

// date is a day. That there is such a day is for the loader to say.
func date(description string) schema { return dateFrom(description, "[0-9]{4}") }

func dateFrom(description, years string) schema {
	s := formed(description+" Year, month and day.", "^"+years+"-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$")
	s.Format = "date"
	return s
}

// recently is the form of the years from 2000 on.
const recently = "[2-9][0-9]{3}"

func timezone(description string) schema {
	return formed(description+" An IANA name.", "^[A-Za-z0-9_+/-]+$").such("Europe/London", "UTC")
}

// percent is a share with at most three decimals.
func percent(description string) schema {
	return formed(description+" From 0% to 100%, with at most three decimals.", `^(?:100(?:\.0{1,3})?|0?[0-9]{1,2}(?:\.[0-9]{1,3})?)%$`)
}

// pattern is a regular expression.
func pattern(description string) schema {
	return said(description + " A regular expression as Go has them (RE2).")
}

// anyCase is the pattern of a word in capital or small letters: a flag for that
// isn't known everywhere.
func anyCase(word string) string {
	var out strings.Builder
	for _, r := range word {
		if upper, lower := strings.ToUpper(string(r)), strings.ToLower(string(r)); upper != lower {
			out.WriteString("[" + upper + lower + "]")
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}
