package evidence

import (
	"errors"
	"fmt"
	"reflect"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const statementType = "https://in-toto.io/Statement/v1"

// A Subject is a thing that a statement is about, by its digest.
type Subject struct {
	Name   string
	SHA256 string // lower-case hex
}

// A Statement is an in-toto Statement v1.
type Statement struct {
	PredicateType string
	Subjects      []Subject
	Predicate     []byte // the JSON object as it was signed; read it with DecodeStrict
}

type statementJSON struct {
	Type          string         `json:"_type"`
	Subject       []subjectJSON  `json:"subject"`
	PredicateType string         `json:"predicateType"`
	Predicate     jsontext.Value `json:"predicate"`
}

type subjectJSON struct {
	Name   string     `json:"name"`
	Digest digestJSON `json:"digest"`
}

type digestJSON struct {
	SHA256 string `json:"sha256"`
}

// EncodeStatement writes a statement, the same bytes each time. in-toto asks
// for at least one subject, and for a predicate that is a JSON object.
func EncodeStatement(predicateType string, subjects []Subject, predicate any) ([]byte, error) {
	raw, err := EncodeJSON(predicate)
	if err != nil {
		return nil, err
	}
	s := statementJSON{Type: statementType, PredicateType: predicateType, Predicate: raw}
	for _, sub := range subjects {
		s.Subject = append(s.Subject, subjectJSON{sub.Name, digestJSON{sub.SHA256}})
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("statement: %w", err)
	}
	return EncodeJSON(s)
}

// DecodeStatement reads the payload of an envelope, strictly.
func DecodeStatement(payload []byte) (*Statement, error) {
	var s statementJSON
	if err := DecodeStrict(payload, &s); err != nil {
		return nil, fmt.Errorf("statement: %w", err)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("statement: %w", err)
	}
	return s.statement(), nil
}

// DecodeStatementOf is DecodeStatement and, when the statement is of the type
// given, DecodeStrict of its predicate into body; the statement it gives has no
// Predicate of its own then. It is nil when the payload is no statement at all.
func DecodeStatementOf(payload []byte, predicateType string, body any) (*Statement, error) {
	if st := decodeAtOnce(payload, predicateType, body); st != nil {
		return st, nil
	}
	reflect.ValueOf(body).Elem().SetZero() // what was read half-way
	st, err := DecodeStatement(payload)
	if err != nil || st.PredicateType != predicateType {
		return st, err
	}
	return st, DecodeStrict(st.Predicate, body)
}

// decodeAtOnce reads a statement and its predicate in one pass; nil means that
// something is wrong with either. What that is, reading it in two passes says.
func decodeAtOnce(payload []byte, predicateType string, body any) *Statement {
	whole := statementOf{Subject: make([]subjectJSON, 0, 8), Predicate: predicateOf{body: body}}
	if !utf8.Valid(payload) || json.Unmarshal(payload, &whole, json.RejectUnknownMembers(true)) != nil {
		return nil
	}
	s := statementJSON{whole.Type, whole.Subject, whole.PredicateType, jsontext.Value("{}")}
	if !whole.Predicate.read || s.check() != nil || s.PredicateType != predicateType {
		return nil
	}
	return s.statement()
}

// statementOf is statementJSON with a predicate of a known type.
type statementOf struct {
	Type          string        `json:"_type"`
	Subject       []subjectJSON `json:"subject"`
	PredicateType string        `json:"predicateType"`
	Predicate     predicateOf   `json:"predicate"`
}

type predicateOf struct {
	body any
	read bool
}

// UnmarshalJSONFrom reads an object into the body.
func (p *predicateOf) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '{' {
		return errors.New("the predicate is no JSON object")
	}
	p.read = true
	return json.UnmarshalDecode(d, p.body)
}

func (s *statementJSON) statement() *Statement {
	st := &Statement{PredicateType: s.PredicateType, Predicate: s.Predicate, Subjects: make([]Subject, 0, len(s.Subject))}
	for _, sub := range s.Subject {
		st.Subjects = append(st.Subjects, Subject{sub.Name, sub.Digest.SHA256})
	}
	return st
}

func (s *statementJSON) check() error {
	if s.Type != statementType {
		return fmt.Errorf("type %q is not %q", s.Type, statementType)
	}
	if s.PredicateType == "" {
		return errors.New("no predicate type")
	}
	if len(s.Subject) == 0 {
		return errors.New("no subject")
	}
	for _, sub := range s.Subject {
		if sub.Name == "" {
			return errors.New("a subject without a name")
		}
		if !isHexSHA256(sub.Digest.SHA256) {
			return fmt.Errorf("subject %q: %q is no SHA-256 in lower-case hex", sub.Name, sub.Digest.SHA256)
		}
	}
	if s.Predicate.Kind() != '{' {
		return errors.New("the predicate is no JSON object")
	}
	return nil
}

func isHexSHA256(s string) bool {
	if len(s) != 64 {
		return false
	}
	for i := range len(s) {
		if !hexDigit[s[i]] {
			return false
		}
	}
	return true
}

// hexDigit are the lower-case digits.
var hexDigit = [256]bool{
	'0': true, '1': true, '2': true, '3': true, '4': true, '5': true, '6': true, '7': true, '8': true, '9': true,
	'a': true, 'b': true, 'c': true, 'd': true, 'e': true, 'f': true,
}
