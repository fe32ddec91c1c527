package evidence

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

func TestStatementRoundTrip(t *testing.T) {
	subjects := []Subject{{"a<b", zeros}, {"c", strings.Repeat("f", 64)}}
	predicate := map[string]any{"z": 1, "a": "<&>\u2028", "m": map[string]int{"y": 1, "x": 2}, "none": []string(nil)}
	first, err := EncodeStatement("https://example.com/x/v1", subjects, predicate)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if again, err := EncodeStatement("https://example.com/x/v1", subjects, predicate); err != nil || string(again) != string(first) {
			t.Fatalf("%s, then %s (%v)", first, again, err)
		}
	}
	got, err := DecodeStatement(first)
	if err != nil {
		t.Fatal(err)
	}
	want := &Statement{"https://example.com/x/v1", subjects, []byte("{\"a\":\"<&>\u2028\",\"m\":{\"x\":2,\"y\":1},\"none\":[],\"z\":1}")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestStatementRefuses(t *testing.T) {
	good := `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"a","digest":{"sha256":"` + zeros + `"}}],"predicateType":"t","predicate":{"result":"ok"}}`
	if _, err := DecodeStatement([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"type":               {"Statement/v1", "Statement/v2", "is not"},
		"no predicate type":  {`"predicateType":"t",`, ``, "no predicate type"},
		"no predicate":       {`,"predicate":{"result":"ok"}`, ``, "no JSON object"},
		"predicate null":     {`{"result":"ok"}`, `null`, "no JSON object"},
		"predicate array":    {`{"result":"ok"}`, `[]`, "no JSON object"},
		"unknown":            {`"predicate":`, `"x":1,"predicate":`, `unknown field "x"`},
		"wrong case beside":  {`"predicate":`, `"Predicate":{},"predicate":`, `wrong case: "Predicate"`},
		"duplicate inside":   {`"result":"ok"`, `"result":"ok","result":"no"`, `duplicate field "result" in /predicate`},
		"other digest":       {`"sha256":`, `"sha1":"","sha256":`, `unknown field "sha1" in /subject/0/digest`},
		"digest upper case":  {zeros, strings.Repeat("A", 64), "no SHA-256"},
		"digest short":       {zeros, zeros[1:], "no SHA-256"},
		"nameless":           {`"name":"a"`, `"name":""`, "without a name"},
		"subject null":       {`{"name":"a","digest":{"sha256":"` + zeros + `"}}`, ``, "no subject"},
		"half a surrogate":   {`"ok"`, `"\ud800"`, "not JSON"},
		"number not in JSON": {`"ok"`, `01`, "not JSON"},
	} {
		if _, err := DecodeStatement([]byte(strings.Replace(good, c.old, c.new, 1))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	ok := []Subject{{"a", zeros}}
	for name, err := range map[string]error{
		"no type":       second(EncodeStatement("", ok, struct{}{})),
		"no subject":    second(EncodeStatement("t", nil, struct{}{})),
		"bad subject":   second(EncodeStatement("t", []Subject{{"a", "sha256:" + zeros}}, struct{}{})),
		"no object":     second(EncodeStatement("t", ok, []int{1})),
		"not a number":  second(EncodeStatement("t", ok, map[string]float64{"x": math.NaN()})),
		"invalid UTF-8": second(EncodeStatement("t", ok, map[string]string{"x": "\xff"})),
	} {
		if err == nil {
			t.Errorf("%s: encoded", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestDecodeStrictSaysWhere(t *testing.T) {
	type step struct {
		Outcome string `json:"outcome"`
		Took    int    `json:"took"`
	}
	type run struct {
		Steps []step `json:"steps"`
	}
	for data, want := range map[string]string{
		`{"steps":[{"outcome":"ok","took":1}]}`:       "",
		`{"steps":[{"outcome":"ok"},{"Outcome":""}]}`: `wrong case: "Outcome"`,
		`{"steps":[{"outcome":"ok","why":1}]}`:        `unknown field "why" in /steps/0`,
		`{"steps":[{"took":1.5}]}`:                    "/steps/0/took",
		`{"steps":[{"took":"1"}]}`:                    "a JSON string where int belongs in /steps/0/took",
		`{"steps":[]} x`:                              "data after the end",
		`{"steps":[}`:                                 "not JSON",
		``:                                            "not JSON",
	} {
		err := DecodeStrict([]byte(data), new(run))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", data, err, want)
		}
	}
}

// TestDecodeStatementOf: in one pass no more is accepted than in two, and what is
// refused is refused in the same words.
func TestDecodeStatementOf(t *testing.T) {
	type inner struct {
		N int `json:"n"`
	}
	type body struct {
		Name  string         `json:"name"`
		Inner []inner        `json:"inner"`
		More  map[string]int `json:"more,omitempty"`
	}
	const kind = "https://example.org/x/v1"
	payload, err := EncodeStatement(kind, []Subject{{"a", strings.Repeat("0", 64)}}, body{"n", []inner{{1}, {2}}, map[string]int{"a": 1}})
	if err != nil {
		t.Fatal(err)
	}
	inTwo := func(data []byte) (*Statement, body, error) {
		var b body
		st, err := DecodeStatement(data)
		if err == nil && st.PredicateType == kind {
			err = DecodeStrict(st.Predicate, &b)
		}
		return st, b, err
	}
	compare := func(t interface{ Errorf(string, ...any) }, data []byte) {
		var b body
		st, err := DecodeStatementOf(data, kind, &b)
		want, wantBody, wantErr := inTwo(data)
		if fmt.Sprint(err) != fmt.Sprint(wantErr) || (st == nil) != (want == nil) {
			t.Errorf("%s\ngives %v, and in two passes %v", data, err, wantErr)
		}
		if err == nil && (st.PredicateType != want.PredicateType || !cmp.Equal(st.Subjects, want.Subjects) || !cmp.Equal(b, wantBody)) {
			t.Errorf("%s\ngives %+v %+v, and in two passes %+v %+v", data, st, b, want, wantBody)
		}
	}
	compare(t, payload)
	for _, edit := range [][2]string{
		{`"predicate":{`, `"predicate":null,"x":{`},
		{`"predicate":{`, `"Predicate":{`},
		{`"name":"n"`, `"name":"n","name":"n"`},
		{`"name"`, `"Name"`},
		{`{"n":1}`, `{"n":1,"m":2}`},
		{`{"n":1}`, `null`},
		{`"a":1`, `"a":1,"a":2`},
		{`x/v1"`, `y/v1"`},
		{`"predicate":`, `"predicate":{},"predicate":`},
		{`"subject":[`, `"subject":[],"subject":[`},
		{`_type`, `type`},
		{`"name":"n"`, `"name":"\xff"`},
		{`}}`, `}} {}`},
		{`{"n":2}`, `{"n":"2"}`},
	} {
		changed := strings.Replace(string(payload), edit[0], edit[1], 1)
		if changed == string(payload) {
			t.Fatalf("%q changes nothing", edit[0])
		}
		compare(t, []byte(changed))
	}
	rapid.Check(t, func(t *rapid.T) {
		data := bytes.Clone(payload)
		for range rapid.IntRange(1, 3).Draw(t, "edits") {
			at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
			if rapid.Bool().Draw(t, "cut") {
				data = slices.Delete(data, at, at+1)
			} else {
				data[at] = rapid.SampledFrom([]byte(`{}[]",:0n_ P`)).Draw(t, "byte")
			}
		}
		compare(t, data)
	})
}
