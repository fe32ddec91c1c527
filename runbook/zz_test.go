package runbook_test
import ("testing";"strings";"github.com/msp-runbook/msp/runbook")
func TestZZ(t *testing.T){
 for _, s := range []string{`inputs.missing == ""`,`inputs.missing != "x"`, `steps.fresh.outputs.gone == 3`,`steps.fresh.outputs.gone > 3`,`(steps.fresh.outputs.gone ?? 3) == 3`,`inputs.missing == nil`,`nil != inputs.missing`,`(inputs.missing ?? steps.fresh.outputs.gone ?? 3) == 3`,`inputs.missing in ["a"]`,`inputs["missing"] == "x"`,`inputs.l[0] == "x"`,`inputs.n > "x"`,`inputs.typo == 3`,`len(inputs.l) > 1 and any(inputs.l, # == "y")`, `inputs.b and inputs.d > duration("1h")`, `$env.inputs.missing == "x"`,`$env["inputs"]["typo"] == "x"`, `get(inputs, "x") == 3`, `len(steps.fresh.outputs) == 2`, `keys(inputs)[0] == "x"`,`inputs.name + inputs.missing == "acme"`, `secrets.TOKEN == "x"`, `present string(inputs.n, "x") == 3`,`steps["fre"+"sh"].passed`,`{"a":1}.a == 1`, `inputs.l[0:1][0] == "x"`, `inputs?.missing == "x"`, `inputs.missing?.x == nil`, `steps.fresh.passed ? true : inputs.missing == ""`} {
  tmpl, d := template(t, "${{ "+s+" }}")
  tmpl.Check(sampleScope(), d)
  if len(d.Problems())>0 { t.Logf("%-50s compile %s", s, strings.Split(d.Problems().Error(),"\n")[0]); continue}
  v, err := tmpl.Expand(sample.values)
  t.Logf("%-50s %v %v", s, v, err)
 }
 _ = runbook.Path
}
