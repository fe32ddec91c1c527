package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// EncodeJSON writes v as compact JSON, the same bytes each time: members in
// the order of the struct's fields, maps sorted by name, "<" and "&" as they
// are, nil slices as [] and nil maps as {}. Of the field tags, omitempty
// leaves out "", [], {} and null; omitzero leaves out Go's zero values.
// Durations have no form of their own: give them as numbers or strings.
func EncodeJSON(v any) ([]byte, error) {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("encoding %T: %w", v, err)
	}
	return b, nil
}

// WriteJSON writes v for people's programs, as encoding/json does with an indent of two
// spaces, but in pieces: a List in it needn't lie in memory.
func WriteJSON(w io.Writer, v any) error {
	err := json.MarshalWrite(w, v, jsonv1.DefaultOptionsV1(), jsontext.EscapeForHTML(false), jsontext.WithIndent("  "))
	if err == nil {
		_, err = io.WriteString(w, "\n")
	}
	return err
}

// A List is a JSON array of values that come one by one, until an error; a nil one is
// null.
type List[T any] iter.Seq2[T, error]

// MarshalJSONTo writes the list.
func (l List[T]) MarshalJSONTo(enc *jsontext.Encoder) error {
	if l == nil {
		return enc.WriteToken(jsontext.Null)
	}
	if err := enc.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	for v, err := range l {
		if err == nil {
			err = json.MarshalEncode(enc, v)
		}
		if err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndArray)
}

// MarshalJSON is MarshalJSONTo for who needs all at once.
func (l List[T]) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	err := json.MarshalWrite(&b, l, jsonv1.DefaultOptionsV1())
	return b.Bytes(), err
}

// DecodeStrict reads one JSON value that says each thing once and nothing
// else: an unknown or repeated name, a name in the wrong case, text that
// isn't UTF-8 and data after the value are errors.
func DecodeStrict(data []byte, into any) error {
	if !utf8.Valid(data) {
		return errors.New("text that isn't UTF-8")
	}
	err := json.Unmarshal(data, into, json.RejectUnknownMembers(true))
	if err != nil {
		return explainJSON(data, into, err)
	}
	return nil
}

// explainJSON says in plain words why data was refused.
func explainJSON(data []byte, into any, err error) error {
	var syntax *jsontext.SyntacticError
	var meaning *json.SemanticError
	switch {
	case errors.As(err, &meaning) && errors.Is(meaning.Err, json.ErrUnknownName):
		if wrongCase(data, into, meaning.JSONPointer) {
			return fmt.Errorf("wrong case: %q", meaning.JSONPointer.LastToken())
		}
		return fmt.Errorf("unknown field %q%s", meaning.JSONPointer.LastToken(), within(meaning.JSONPointer.Parent()))
	case errors.As(err, &syntax) && errors.Is(syntax.Err, jsontext.ErrDuplicateName):
		return fmt.Errorf("duplicate field %q%s", syntax.JSONPointer.LastToken(), within(syntax.JSONPointer.Parent()))
	case errors.As(err, &syntax) && trailing(data):
		return errors.New("data after the end of the JSON value")
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON: %w at byte %d%s", syntax.Err, syntax.ByteOffset, within(syntax.JSONPointer))
	case errors.As(err, &meaning) && meaning.Err != nil:
		return fmt.Errorf("%w%s", meaning.Err, within(meaning.JSONPointer))
	case errors.As(err, &meaning):
		return fmt.Errorf("a JSON %v where %v belongs%s", meaning.JSONKind, meaning.GoType, within(meaning.JSONPointer))
	}
	return fmt.Errorf("not JSON: %w", err)
}

func within(p jsontext.Pointer) string {
	if p == "" {
		return ""
	}
	return fmt.Sprintf(" in %s", string(p))
}

// wrongCase says whether the name at p would be known in another case.
func wrongCase(data []byte, into any, p jsontext.Pointer) bool {
	again := reflect.New(reflect.TypeOf(into).Elem()).Interface()
	err := json.Unmarshal(data, again, json.RejectUnknownMembers(true), json.MatchCaseInsensitiveNames(true))
	var meaning *json.SemanticError
	return !errors.As(err, &meaning) || !errors.Is(meaning.Err, json.ErrUnknownName) || meaning.JSONPointer != p
}

func trailing(data []byte) bool {
	d := jsontext.NewDecoder(bytes.NewReader(data))
	if _, err := d.ReadValue(); err != nil {
		return false
	}
	return len(bytes.TrimSpace(data[d.InputOffset():])) > 0
}
