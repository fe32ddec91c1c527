package model

// script is the text of a script. Values come in through the environment.
func script(description string) schema {
	return said(description + " No expression can stand in it: values come in through env.").without(computed)
}

func run() schema {
	argument := template("The program's name, then an argument each. An argument is plain text or one whole expression.")
	argument.Examples = []any{"sha256sum", "--check"}
	program := some("A program and its arguments, without a shell. The program is a name that is found in PATH, or a path inside the step's folder.", argument)
	return either("Run a program: a script for bash, a list of a program and its arguments, or a script and its shell.",
		script("A script for bash, which ends at the first line that fails.").such("sha256sum --check --quiet SHA256SUMS"),
		program,
		object("A script and its shell.",
			need("shell", enum("The shell.", "bash", "sh", "pwsh")),
			need("script", script("The script.").such("df -P /")),
		),
	)
}

func file() schema {
	age := func(description string) schema {
		s := formed(description+" A length of time: 30m, 26h, 2d, or an expression.", "^(?:"+lengthForm+")$|"+computed)
		s.MinLength = len("0s")
		return s
	}
	size := func(description string) schema {
		least := 0
		return either(description+" Bytes, a whole number with a unit, or an expression.",
			schema{Description: "Bytes.", Type: "integer", Minimum: &least},
			formed("A number with a unit: B, kB, MB, GB, TB, PB, KiB, MiB, GiB, TiB, PiB.", `^[0-9]+ ?(?:B|[kKMGTP]B|[KMGTP]iB)?$|`+computed),
		).such(1, "1 MiB")
	}
	count := func(description string) schema {
		least := 1
		return schema{Description: description + " With pick: newest, oldest or each.", Type: "integer", Minimum: &least}.such(7)
	}
	path := template("Which files: a path or a pattern, below the step's folder or an input of type path.").without(`^(?:[/\\]|[A-Za-z]:)|\*\*`)
	path.Pattern = `\S`
	owner := scalar("The user who must own it: a name or a number.").without(computed)
	owner.Pattern = `^[^ \t\r\n:]+$`
	return object("Look at files. That none is found is a failure.",
		need("path", path.such("${{ inputs.backup_dir }}/*.tar.gz")),
		take("pick", enum("Which of the files that match is looked at. Only one may match unless said.", "one", "newest", "oldest", "each").usually("one")),
		take("max_age", age("How old the file may be.").such("26h")),
		take("min_age", age("How old the file must be.").such("5m")),
		take("min_size", size("How large the file must be.")),
		take("max_size", size("How large the file may be.")),
		take("sha256", formed("The SHA-256 of its content, in 64 hexadecimal digits, or an expression.", `^(?:[sS][hH][aA]256:)?[0-9a-fA-F]{64}$|`+computed).such("${{ inputs.digest }}")),
		take("min_count", count("How many files must match.")),
		take("max_count", count("How many files may match.")),
		take("digest", yes("Whether the SHA-256 is computed and handed on as an output.")),
		take("mode", formed("Its permissions, as chmod takes them, in quotes.", `^[0-7]{3,4}$`).such("0640")),
		take("owner", owner.such("root")),
	).holding(
		when(isOr("pick", "one"), never("min_count", "max_count")),
		when(is("pick", "each"), schema{Properties: keys{take("digest", schema{Const: false})}}),
	)
}

func manual() schema {
	instructions := template("What to do. Markdown.")
	instructions.Pattern = `\S`
	form := fields("What the person answers, by name.").filled()
	return object("Ask a person to do something.",
		need("instructions", instructions.such("Look at the backup console. What changed?")),
		take("checklist", some("What the person ticks, one by one.", heading("One thing to tick.").such("The console shows no errors")).unique()),
		take("form", form),
		take("evidence", some("The files that the person attaches.", object("One file.",
			need("name", formed("Its name. Lower-case letters, digits, hyphens and underscores, at most 63.", `^[a-z0-9][a-z0-9_-]{0,62}$`).such("console")),
			need("type", enum("What it is.", "file")),
			take("description", heading("What the file shows, for who attaches it.").such("A picture of the backup console")),
			take("required", yes("Whether the step can't be done without it.")),
		))),
		take("estimate", duration("How long it usually takes.").such("5m")),
	)
}

func approval() schema {
	return object("Ask somebody else to agree. They decide with msp approve.",
		need("roles", some("The roles of which any may agree.", enum("A role.", "operator", "approver", "author", "lead", "auditor")).unique()),
		take("min_approvals", whole("How many people have to agree, from 1 to 20.", 20).usually(1).such(2)),
		take("timeout", lasting("How long the run waits. Without an end unless said.").such("30m")),
		take("on_timeout", enum("What a timeout means: silence is no approval.", "reject")),
		take("instructions", said("What to look at. Fixed text, Markdown.").without(computed).such("Is the reason for the size a good one?")),
		take("show", some("The steps whose output is shown to who decides.", text("The id of a step before this one.").such("size")).unique()),
	).holding(when(has("on_timeout"), has("timeout")))
}
