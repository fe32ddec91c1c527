package model

import "strings"

func defaults() schema {
	return object("What each step starts from.",
		take("timeout", timeout()),
		take("retry", retry()),
		take("env", env("Variables of every step's programs; a step's own win.")),
		take("on_failure", onFailure()),
		take("priority", priority()),
	)
}

func timeout() schema {
	return lasting("How long one attempt may take before its program is ended.").usually("10m").such("90s", "7d")
}

func onFailure() schema {
	return enum("Whether a failure of the step ends the run or not.", "abort", "continue").usually("abort")
}

func priority() schema {
	return enum("Whether a run can succeed without the step (should) or not (must).", "must", "should").usually("must")
}

func retry() schema {
	least, most := 1, 100
	backoff := number("How many times longer each pause is than the one before, from 1 to 100.").usually(1).such(2)
	backoff.Minimum, backoff.Maximum = &least, &most
	return object("How often, and after which pauses, a failed step is tried again. Not at all unless said.",
		need("max_attempts", whole("The number of all tries, from 1 to 100.", 100).such(3)),
		take("delay", duration("The pause before the second try. None unless said.").such("5s")),
		take("backoff", backoff),
		take("max_delay", duration("The longest pause.").such("5m")),
	)
}

func env(description string) schema {
	s := named(description+" A name has letters, digits and underscores.", envForm, template("The value of the variable."))
	var forbidden []string
	for _, word := range []string{"PATH", "IFS", "ENV", "BASH_ENV", "PS4", "SHELLOPTS", "BASHOPTS"} {
		forbidden = append(forbidden, anyCase(word)+"$")
	}
	for _, prefix := range []string{"LD_", "DYLD_", "MSP_"} {
		forbidden = append(forbidden, anyCase(prefix))
	}
	names := s.PropertyNames.without("^(?:" + strings.Join(forbidden, "|") + ")")
	s.PropertyNames = &names
	return s
}

func step() schema {
	kinds := []key{take("run", run()), take("file", file()), take("manual", manual()), take("approval", approval())}
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	all := append([]key{
		need("id", name("The step's name in expressions and records.").such("intact")),
		need("title", heading("What the step does, for people.").such("Every archive matches its checksum")),
		take("rationale", text("Why the step is there.").such("An archive that has rotted is found here, and not on the day it is needed.")),
	}, kinds...)
	all = append(all,
		take("if", condition("Skip the step unless this expression holds. Always done unless said.").such("steps.size.deviated")),
		take("needs", list("The steps before this one that must have passed.", text("The id of a step.").such("fresh"))),
		take("preconditions", list("Expressions of which a false one fails the step before it is done.", condition("An expression.").such("inputs.size > 0"))),
		take("timeout", timeout()),
		take("retry", retry()),
		take("env", env("Variables of the step's programs, the only way for values into a script.")),
		take("dir", template("The folder in which the step works; a path below the workspace, or one that begins with an input of type path. The workspace unless said.").without(`^(?:[/\\]|[A-Za-z]:)`).such("${{ inputs.backup_dir }}")),
		take("requires", requires("Programs that must be there before a run starts.")),
		take("outputs", outputs()),
		take("expect", expect()),
		take("normal", normal()),
		take("on_failure", onFailure()),
		take("interrupted", enum("What msp resume does with the step where a crash cut it off.", "ask", "rerun", "fail").usually("ask")),
		take("priority", priority()),
		take("by", text("The role that does the step.").such("backup-technician")),
		take("min_duration", duration("How long the step takes at least when it is really done.").such("5s")),
	)
	return object("One thing to do, of exactly one kind: run, file, manual or approval.", all...).holding(
		exactlyOne(names...),
		when(has("manual"), never("timeout", "retry")),
		when(has("approval"), never("timeout", "retry", "outputs", "expect", "normal", "env", "dir", "requires", "interrupted", "min_duration")),
	)
}

func outputs() schema {
	none := 0
	value := object("A value that the step hands on.",
		need("from", enum("Where it is read: on a stream of the program, or from the line name=value that it wrote to $MSP_OUTPUT.", "stdout", "stderr", "output")),
		take("json", text("A path into the stream's JSON: names and numbers of list items, with dots between them.").such("pools.0.used")),
		take("pattern", pattern("What is searched in the stream's text; the value is its last group.").such("used ([0-9]+)")),
		take("type", enum("The type of the value.", "string", "text", "number", "integer", "boolean", "duration", "date", "list").usually("string")),
		take("unit", text("The unit of a number, for people.").such("B")),
	).holding(
		no(schema{Required: []string{"json", "pattern"}, Properties: keys{take("json", schema{MinLength: 1})}}),
		when(is("from", "output"), schema{Properties: keys{take("json", schema{MaxLength: &none}), {"pattern", false, false}}}),
	)
	return named("Values that the step hands on, by name: steps.ID.outputs.NAME.", nameForm, value)
}

func expect() schema {
	code := func() schema {
		return schema{Description: "An exit code.", Type: "integer"}.such(0)
	}
	return object("What the result must be. A program must exit 0 unless said.",
		take("exit_code", either("The exit code, or all that are accepted. 0 unless said.", code(), some("The exit codes that are accepted.", code()))),
		take("stdout", object("What the program must print.",
			take("equals", text("All of it, line ends behind it aside.").such("", "OK")),
			take("contains", schema{Description: "A part of it.", Type: "string", MinLength: 1}.such("no errors")),
			take("pattern", pattern("What it must match.").such("^OK")),
		).filled()),
		take("expressions", some("Expressions that must hold, with outputs, stdout and exit_code.", condition("An expression.").such("outputs.used < 90"))),
	).filled()
}

func normal() schema {
	tolerance := func(description string) schema {
		least := 0
		share := formed("A share in percent, or a number in quotes.", `^[0-9]+(?:\.[0-9]+)? *%?$`)
		fixed := number("A number in the output's own unit.")
		fixed.Minimum = &least
		return either(description+" A share of the normal value in percent, or a number in its unit.", share, fixed).such("40%", 5)
	}
	return schema{Description: "What the step's outputs usually are, by the name of the output.", Type: "object", AdditionalProperties: object("What is normal for an output: a fixed value, or the median of earlier runs.",
		take("value", number("The fixed value that is normal.").such(100)),
		take("baseline", enum("How the normal value is found in earlier runs.", "median")),
		take("over", formed("Of how many earlier runs, from 1 to 1000.", `^0*(?:[1-9][0-9]{0,2}|1000) runs$`).such("14 runs")),
		need("within", tolerance("How far the value may lie from it without being a deviation.")),
		take("fail_beyond", tolerance("How far the value may lie from it without being a failure. No limit unless said.")),
	).holding(
		exactlyOne("value", "baseline"),
		when(has("baseline"), has("over")),
		when(has("over"), has("baseline")),
	)}
}
