package change

func stepRows() map[string]row {
	return map[string]row{
		"steps":   {item: by("id")},
		"steps[]": {come: "the step {step} came", gone: "the step {step} was taken out", renamed: "the step {old} is now called {new}", judge: kept(grows, weakens)},

		"steps[].title":     {what: "the title of the step {step}", judge: always(words)},
		"steps[].rationale": {what: "the rationale of the step {step}", as: prose, judge: always(words)},

		"steps[].if": {
			now:  "the step {step} is now done if {new}, it was if {old}",
			come: "the step {step} is now done only if {new}", gone: "the step {step} is now always done, it was if {old}",
			as: expression, judge: gate(loosens, grows),
		},
		"steps[].needs":           {item: itself},
		"steps[].needs[]":         {come: "the step {step} now needs {name}", gone: "the step {step} no longer needs {name}", judge: kept(grows, loosens)},
		"steps[].preconditions":   {item: itself},
		"steps[].preconditions[]": {come: "the step {step} now has to find that {name}", gone: "the step {step} no longer has to find that {name}", judge: guard(loosens)},

		"steps[].timeout": {
			now:  "the step {step} may now take {new}, it was {old}",
			come: "the step {step} may now take {new}", gone: "the step {step} may now take as long as it likes, it was {old}",
			as: span,
		},
		"steps[].retry.max_attempts": {what: "the number of tries of the step {step}", as: number, unless: "1"},
		"steps[].retry.delay":        {what: "the pause before the step {step} is tried again", as: span, unless: "0s"},
		"steps[].retry.backoff":      {what: "the backoff of the step {step}", as: number, unless: "1"},
		"steps[].retry.max_delay":    {what: "the longest pause before the step {step} is tried again", as: span},

		"steps[].env": {item: itself},
		"steps[].env[]": {
			now:  "the step {step} now gets {name} = {new}, it was {old}",
			come: "the step {step} now gets {name} = {new}", gone: "the step {step} no longer gets {name}",
			as: expression,
		},
		"steps[].dir":                     {now: "the step {step} now works in {new}, it was {old}", what: "the folder of the step {step}"},
		"steps[].requires":                {item: by("tool")},
		"steps[].requires[]":              {short: "tool", come: "the step {step} now needs the tool {name}", gone: "the step {step} no longer needs the tool {name}", judge: kept(breaks, grows)},
		"steps[].requires[].version":      {what: "the version of {name} that the step {step} needs", judge: kept(breaks, grows)},
		"steps[].requires[].version_args": {what: "what makes {name} print its version in the step {step}", unless: "[--version]"},

		"steps[].outputs":           {item: itself},
		"steps[].outputs[]":         {come: "the step {step} now hands on {name}", gone: "the step {step} no longer hands on {name}", renamed: "the step {step} now hands on {old} as {new}", judge: kept(grows, breaks)},
		"steps[].outputs[].from":    {what: "where the step {step} reads {name} from"},
		"steps[].outputs[].json":    {what: "the path in JSON by which the step {step} reads {name}"},
		"steps[].outputs[].pattern": {what: "the pattern by which the step {step} reads {name}"},
		"steps[].outputs[].type":    {what: "the type of {name} of the step {step}", unless: "string", judge: always(breaks)},
		"steps[].outputs[].unit":    {what: "the unit of {name} of the step {step}", judge: always(breaks)},

		"steps[].expect.exit_code":       {item: itself, unless: "0"},
		"steps[].expect.exit_code[]":     {come: "the step {step} may now exit {name}", gone: "the step {step} may no longer exit {name}", judge: kept(loosens, grows)},
		"steps[].expect.stdout.equals":   {what: "what the step {step} has to print", judge: guard(loosens)},
		"steps[].expect.stdout.contains": {what: "what the step {step} has to print among other things", judge: guard(loosens)},
		"steps[].expect.stdout.pattern":  {what: "the pattern of what the step {step} has to print", judge: guard(loosens)},
		"steps[].expect.expressions":     {item: itself},
		"steps[].expect.expressions[]":   {come: "of the step {step} it must now hold that {name}", gone: "of the step {step} it need no longer hold that {name}", judge: guard(loosens)},

		"steps[].normal":               {item: itself},
		"steps[].normal[]":             {come: "it is now said what is normal for {name} of the step {step}", gone: "it is no longer said what is normal for {name} of the step {step}", judge: guard(loosens)},
		"steps[].normal[].value":       {what: "what is normal for {name} of the step {step}", as: number, judge: always(loosens)},
		"steps[].normal[].baseline":    {what: "the baseline for {name} of the step {step}", judge: always(loosens)},
		"steps[].normal[].over":        {what: "what the baseline for {name} of the step {step} is taken over", judge: guard(loosens)},
		"steps[].normal[].within":      {now: "{name} of the step {step} may now vary by {new}, it was {old}", as: share, judge: atMost(loosens)},
		"steps[].normal[].fail_beyond": {now: "{name} of the step {step} now fails beyond {new}, it was {old}", what: "the limit beyond which {name} of the step {step} fails", as: share, judge: atMost(loosens)},

		"steps[].on_failure":   {what: "on_failure of the step {step}", as: ranked("abort", "continue"), unless: "abort", judge: atMost(loosens)},
		"steps[].interrupted":  {what: "what becomes of the step {step} when it was cut off", as: ranked("fail", "ask", "rerun"), unless: "ask", judge: atMost(loosens)},
		"steps[].priority":     {what: "the priority of the step {step}", as: ranked("must", "should"), unless: "must", judge: atMost(loosens)},
		"steps[].by":           {what: "the role that does the step {step}", judge: guard(loosens)},
		"steps[].min_duration": {what: "the least time that the step {step} takes", as: span, judge: atLeast(loosens)},
	}
}

// actions are the keys of the step kinds. A kind without rows is told of as well.
func actions() map[string]row {
	table := map[string]row{
		"steps[].run":         {short: "script", listed: "program"},
		"steps[].run.script":  {now: "the step {step} runs another script", come: "the step {step} now runs a script", gone: "the step {step} no longer runs a script"},
		"steps[].run.shell":   {what: "the shell of the step {step}", unless: "bash"},
		"steps[].run.program": {now: "the step {step} now runs {new}, it was {old}", come: "the step {step} now runs {new}", gone: "the step {step} no longer runs {old}"},

		"steps[].file.path":      {now: "the step {step} now looks at {new}, it was {old}"},
		"steps[].file.pick":      {what: "which of the files the step {step} picks", unless: "one", judge: always(loosens)},
		"steps[].file.max_age":   {what: "the most age of the file in the step {step}", as: spanOrExpression, judge: atMost(loosens)},
		"steps[].file.min_age":   {what: "the least age of the file in the step {step}", as: spanOrExpression, judge: atLeast(loosens)},
		"steps[].file.max_size":  {what: "the most size of the file in the step {step}", as: size, judge: atMost(loosens)},
		"steps[].file.min_size":  {what: "the least size of the file in the step {step}", as: size, judge: atLeast(loosens)},
		"steps[].file.min_count": {what: "the least number of files in the step {step}", as: number, judge: atLeast(loosens)},
		"steps[].file.max_count": {what: "the greatest number of files in the step {step}", as: number, judge: atMost(loosens)},
		"steps[].file.sha256":    {what: "the SHA-256 that the step {step} wants", as: expression, judge: guard(loosens)},
		"steps[].file.mode":      {what: "the mode of the file that the step {step} wants", judge: guard(loosens)},
		"steps[].file.owner":     {what: "the user whose file the step {step} wants", judge: guard(loosens)},
		"steps[].file.digest":    {come: "the step {step} now takes a SHA-256 of the file", gone: "the step {step} takes no SHA-256 of the file any more", as: flag, unless: "false"},

		"steps[].manual.instructions":           {what: "the text of the instructions of the step {step}", judge: always(words)},
		"steps[].manual.checklist":              {item: itself},
		"steps[].manual.checklist[]":            {come: "the step {step} now has {name} to tick", gone: "the step {step} no longer has {name} to tick", judge: guard(loosens)},
		"steps[].manual.evidence":               {item: by("name")},
		"steps[].manual.evidence[]":             {come: "the step {step} now asks for the file {name}", gone: "the step {step} no longer asks for the file {name}", judge: kept(grows, loosens)},
		"steps[].manual.evidence[].required":    {come: "the file {name} of the step {step} is now required", gone: "the file {name} of the step {step} is no longer required", as: flag, unless: "false", judge: atLeast(loosens)},
		"steps[].manual.evidence[].description": {what: "the description of the file {name} of the step {step}", judge: always(words)},
		"steps[].manual.estimate":               {what: "how long the step {step} usually takes", as: span, judge: always(words)},

		"steps[].approval.roles":         {item: itself},
		"steps[].approval.roles[]":       {come: "the step {step} may now be approved by {name}", gone: "the step {step} may no longer be approved by {name}", judge: kept(loosens, grows)},
		"steps[].approval.min_approvals": {what: "the number of approvals that the step {step} needs", as: number, unless: "1", judge: atLeast(loosens)},
		"steps[].approval.timeout":       {what: "how long the step {step} waits for approval", as: span},
		"steps[].approval.on_timeout":    {what: "what the end of the wait in the step {step} means", unless: "reject"},
		"steps[].approval.instructions":  {what: "the text of the instructions of the step {step}", judge: always(words)},
		"steps[].approval.show":          {item: itself},
		"steps[].approval.show[]":        {come: "who approves {step} is now shown {name}", gone: "who approves {step} is no longer shown {name}", judge: guard(loosens)},
	}
	for key, r := range formRows() {
		table["steps[].manual.form"+key] = r
	}
	return table
}

// formRows are the fields that a person answers: what asks for less loosens.
func formRows() map[string]row {
	return map[string]row{
		"":               {item: itself},
		"[]":             {come: "the step {step} now asks for {name}", gone: "the step {step} no longer asks for {name}", renamed: "the step {step} now asks for {old} as {new}", judge: answered(breaks)},
		"[].type":        {what: "the type of {name} in the step {step}", judge: typed},
		"[].description": {what: "the description of {name} in the step {step}", judge: always(words)},
		"[].required":    {come: "{name} in the step {step} is now required", gone: "{name} in the step {step} is no longer required", as: flag, unless: "false", judge: atLeast(loosens)},
		"[].default":     {what: "the default of {name} in the step {step}", judge: gate(loosens, grows)},
		"[].enum":        {item: itself},
		"[].enum[]":      {come: "an answer to {field} in the step {step} may now be {name}", gone: "an answer to {field} in the step {step} may no longer be {name}", judge: kept(loosens, grows)},
		"[].pattern":     {what: "the pattern of {name} in the step {step}", judge: guard(loosens)},
		"[].minimum":     {what: "the minimum of {name} in the step {step}", as: number, judge: atLeast(loosens)},
		"[].maximum":     {what: "the maximum of {name} in the step {step}", as: number, judge: atMost(loosens)},
	}
}

// spanOrExpression is a length of time that may be computed.
func spanOrExpression(text string) meaning {
	if m := span(text); m.unit != "" {
		return m
	}
	return expression(text)
}
