// Package model says what the schemas of package schema are generated from: the
// form of each kind of document, put together from a few words. It is for go
// generate and tests only, and no part of msp.
//
// The words follow the loaders, key for key: need and take stand here where they
// stand there. Only keywords that draft 7 has as well are used, since the servers
// of many editors know no more, and no references, which hide descriptions from
// some of them.
package model

import (
	"bytes"
	"encoding/json"
	"slices"
)

// schema is one JSON Schema (draft 2020-12). Its keywords are written in this
// order, in which a person reads them.
type schema struct {
	Schema      string   `json:"$schema,omitempty"`
	ID          string   `json:"$id,omitempty"`
	Title       string   `json:"title,omitempty"`
	Description string   `json:"description,omitempty"`
	Type        any      `json:"type,omitempty"` // a name, or several
	Const       any      `json:"const,omitempty"`
	Enum        []string `json:"enum,omitempty"`
	Format      string   `json:"format,omitempty"`
	Pattern     string   `json:"pattern,omitempty"`
	MinLength   int      `json:"minLength,omitempty"`
	MaxLength   *int     `json:"maxLength,omitempty"`
	Minimum     *int     `json:"minimum,omitempty"`
	Maximum     *int     `json:"maximum,omitempty"`

	Items       *schema `json:"items,omitempty"`
	MinItems    int     `json:"minItems,omitempty"`
	UniqueItems bool    `json:"uniqueItems,omitempty"`

	Required             []string `json:"required,omitempty"`
	Properties           keys     `json:"properties,omitempty"`
	PropertyNames        *schema  `json:"propertyNames,omitempty"`
	AdditionalProperties any      `json:"additionalProperties,omitempty"` // false, or a schema
	MinProperties        int      `json:"minProperties,omitempty"`
	MaxProperties        int      `json:"maxProperties,omitempty"`

	AllOf []schema `json:"allOf,omitempty"`
	AnyOf []schema `json:"anyOf,omitempty"`
	OneOf []schema `json:"oneOf,omitempty"`
	Not   *schema  `json:"not,omitempty"`
	If    *schema  `json:"if,omitempty"`
	Then  *schema  `json:"then,omitempty"`
	Else  *schema  `json:"else,omitempty"`

	Default  any   `json:"default,omitempty"`
	Examples []any `json:"examples,omitempty"`
}

// keys are properties in the order in which they are documented.
type keys []key

type key struct {
	name   string
	value  any // a schema, or false for a key that may not be there
	needed bool
}

// MarshalJSON writes an object whose names keep their order.
func (k keys) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	for i, key := range k {
		out.WriteByte("{,"[min(i, 1)])
		if err := encode(&out, key.name, ""); err != nil {
			return nil, err
		}
		out.WriteByte(':')
		if err := encode(&out, key.value, ""); err != nil {
			return nil, err
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// encode writes a value without the escapes that are for HTML.
func encode(to *bytes.Buffer, value any, indent string) error {
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	return encoder.Encode(value)
}

// need and take are a key that must be there and one that may be absent.
func need(name string, s schema) key { return key{name, s, true} }
func take(name string, s schema) key { return key{name, s, false} }

// object is a map with these keys and no others.
func object(description string, all ...key) schema {
	s := schema{Description: description, Type: "object", Properties: all, AdditionalProperties: false}
	for _, k := range all {
		if k.needed {
			s.Required = append(s.Required, k.name)
		}
	}
	return s
}

// named is a map from names of a form to values that are alike.
func named(description, form string, value schema) schema {
	return schema{Description: description, Type: "object", PropertyNames: &schema{Pattern: form}, AdditionalProperties: value}
}

// list is a list of items that are alike.
func list(description string, item schema) schema {
	return schema{Description: description, Type: "array", Items: &item}
}

// some is a list that is not empty.
func some(description string, item schema) schema {
	s := list(description, item)
	s.MinItems = 1
	return s
}

// unique demands of a list that no item stands twice.
func (s schema) unique() schema { s.UniqueItems = true; return s }

// filled demands of a map that it isn't empty.
func (s schema) filled() schema { s.MinProperties = 1; return s }

// usually says what holds where a key is absent.
func (s schema) usually(value any) schema { s.Default = value; return s }

// such gives examples.
func (s schema) such(examples ...any) schema { s.Examples = examples; return s }

// without refuses texts that a pattern finds.
func (s schema) without(pattern string) schema {
	s.Not = &schema{Type: "string", Pattern: pattern}
	return s
}

// holding demands what the keys of a map are to each other.
func (s schema) holding(rules ...schema) schema {
	s.AllOf = slices.Concat(s.AllOf, rules)
	return s
}

// either is a value of one form or another.
func either(description string, forms ...schema) schema {
	return schema{Description: description, AnyOf: forms}
}

// when demands something of the maps that have a condition.
func when(condition, then schema) schema { return schema{If: &condition, Then: &then} }

// has is the condition that keys are there, is that one has a value.
func has(names ...string) schema { return schema{Required: names} }

func is(name string, value any) schema {
	return schema{Required: []string{name}, Properties: keys{take(name, schema{Const: value})}}
}

// isOr is is for a key that has the value where it is absent.
func isOr(name string, value any) schema {
	return schema{Properties: keys{take(name, schema{Const: value})}}
}

func no(s schema) schema { return schema{Not: &s} }

// never forbids keys.
func never(names ...string) schema {
	var s schema
	for _, name := range names {
		s.Properties = append(s.Properties, key{name, false, false})
	}
	return s
}

// exactlyOne demands one of some keys and forbids the others.
func exactlyOne(names ...string) schema {
	var s schema
	for _, name := range names {
		s.OneOf = append(s.OneOf, has(name))
	}
	return s
}

// anyOf demands at least one of some keys.
func anyOf(names ...string) schema {
	var s schema
	for _, name := range names {
		s.AnyOf = append(s.AnyOf, has(name))
	}
	return s
}
