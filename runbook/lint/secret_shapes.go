package lint

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"
)

// tokenShape is a secret that is known by its form.
type tokenShape struct {
	hint string // a part that all of them have
	what string
	form func() *regexp.Regexp // the secret is its last group, or all of it
}

func shape(hint, what, form string) tokenShape {
	return tokenShape{hint, what, sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(form) })}
}

var tokenShapes = []tokenShape{
	shape("PRIVATE KEY-----", "a private key", `-----BEGIN [A-Z ]*PRIVATE KEY-----\s+(?:[\w-]+: [^\n]*\s+)*([A-Za-z0-9+/=\s]{40,})`),
	shape("AKIA", "an access key of AWS", `\bAKIA[A-Z0-9]{16}\b`),
	shape("ASIA", "an access key of AWS", `\bASIA[A-Z0-9]{16}\b`),
	shape("ghp_", "a token of GitHub", `\bghp_[A-Za-z0-9]{36,}\b`),
	shape("gho_", "a token of GitHub", `\bgho_[A-Za-z0-9]{36,}\b`),
	shape("ghu_", "a token of GitHub", `\bghu_[A-Za-z0-9]{36,}\b`),
	shape("ghs_", "a token of GitHub", `\bghs_[A-Za-z0-9]{36,}\b`),
	shape("ghr_", "a token of GitHub", `\bghr_[A-Za-z0-9]{36,}\b`),
	shape("github_pat_", "a token of GitHub", `\bgithub_pat_[A-Za-z0-9_]{22,}\b`),
	shape("glpat-", "a token of GitLab", `\bglpat-[A-Za-z0-9_-]{20,}`),
	shape("xox", "a token of Slack", `\bxox[abeoprs]-[A-Za-z0-9-]{10,}`),
	shape("hooks.slack.com", "a webhook of Slack", `hooks\.slack\.com/services/(T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{16,})`),
	shape("eyJ", "a JSON Web Token", `\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{10,}`),
	shape("AIza", "a key of Google", `\bAIza[A-Za-z0-9_-]{35}\b`),
	shape("_live_", "a key of Stripe", `\b[rs]k_live_[A-Za-z0-9]{20,}\b`),
	shape("npm_", "a token of npm", `\bnpm_[A-Za-z0-9]{36}\b`),
	shape("hvs.", "a token of Vault", `\bhvs\.[A-Za-z0-9_-]{24,}`),
	shape("AGE-SECRET-KEY-", "a key of age", `\bAGE-SECRET-KEY-1[A-Z0-9]{58}\b`),
	shape("AccountKey=", "a key of Azure storage", `\bAccountKey=([A-Za-z0-9+/]{40,}=*)`),
	shape("://", "the password of a URL", `\b[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@'"<>$]*:([^\s/@'"]+)@`),
}

// keyedValue is a value behind a word for a secret, in JSON, forms and URLs.
var keyedValue = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key)["']?\s*[:=]\s*["']?([A-Za-z0-9+/_=-]{16,})`)
})

// powershellSecret is $password = 'value', -Password 'value', and what
// ConvertTo-SecureString takes.
var powershellSecret = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:\$\w*(?:password|passwd|passphrase|secret|token|apikey)\s*=|-(?:password|token|secret|apikey)\s|ConvertTo-SecureString\s+(?:-String\s+)?)\s*['"]([^'"$]+)['"]`)
})

// secretWords end the names of variables and options that hold a secret.
var secretWords = []string{"password", "passwd", "passphrase", "secret", "token", "apikey", "api_key", "access_key", "secret_key", "private_key", "credential", "credentials", "_pwd"}

func secretName(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(secretWords, func(word string) bool { return strings.HasSuffix(name, word) })
}

func namesSecret(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc([]string{"pass", "secret", "securestring", "token", "key"}, func(word string) bool { return strings.Contains(text, word) })
}

// secretOption recognizes --password and such. An option for a file or a name has
// another word at its end.
func secretOption(name string) bool {
	long := strings.TrimPrefix(name, "--")
	if long == name && len(name) < 6 {
		return false
	}
	long = strings.ReplaceAll(strings.TrimPrefix(long, "-"), "-", "_")
	return long == "pass" || long != "private_key" && secretName(long)
}

// shortSecret says how a command takes a password in a short option.
type shortSecret struct {
	joined string // -psecret
	option string // -p secret
	behind string // -u name:secret
}

var shortSecrets = sync.OnceValue(func() map[string]shortSecret {
	return map[string]shortSecret{
		"mysql": {joined: "-p"}, "mysqldump": {joined: "-p"}, "mysqladmin": {joined: "-p"}, "mariadb": {joined: "-p"}, "mariadb-dump": {joined: "-p"},
		"sshpass": {joined: "-p", option: "-p"}, "docker": {option: "-p"}, "podman": {option: "-p"}, "az": {option: "-p"}, "mongosh": {option: "-p"},
		"curl": {option: "-u", behind: ":"}, "smbclient": {option: "-U", behind: "%"}, "ldapsearch": {option: "-w"}, "ldapmodify": {option: "-w"},
		"redis-cli": {option: "-a"}, "zip": {option: "-P"}, "unzip": {option: "-P"}, "7z": {joined: "-p"}, "ipmitool": {option: "-P"}, "sqlcmd": {option: "-P"},
	}
})

// headerValue is where the secret of an HTTP header begins; 0 for other texts.
func headerValue(text string) int {
	name, value, found := strings.Cut(text, ":")
	if !found {
		return 0
	}
	value = strings.TrimLeft(value, " ")
	switch strings.ToLower(name) {
	case "authorization", "proxy-authorization":
		if scheme, rest, both := strings.Cut(value, " "); both && scheme != "" {
			value = rest
		}
	case "x-api-key", "x-auth-token", "private-token", "api-key", "apikey":
	default:
		return 0
	}
	return len(text) - len(value)
}

// notSecrets are words that stand where a secret belongs and say that there is none,
// or where it comes from.
var notSecrets = []string{
	"password", "passwd", "passphrase", "secret", "token", "none", "null", "nil", "true", "false", "yes", "no", "prompt", "stdin", "ask", "env", "auto",
	"default", "required", "optional", "enabled", "disabled",
}

// notSecretParts are parts of what is no secret, but a placeholder or a name of one.
var notSecretParts = []string{"$", "{{", "<", "…", "...", "example", "your", "placeholder", "redacted", "dummy", "changeme", "change_me", "change-me", "xxx", "***"}

// notSecretStarts are those of what says where a secret lies.
var notSecretStarts = []string{"/", "./", "~/", "@", "env:", "file:", "fd:", "vault:", "op://", "arn:", "ssm:", "secret:", "keyring:", "(", "-"}

// isSecret reports whether a value in the place of a secret may be one.
func isSecret(value string) bool {
	lower := strings.ToLower(strings.TrimSpace(value))
	begins := func(start string) bool { return strings.HasPrefix(lower, start) }
	holds := func(part string) bool { return strings.Contains(lower, part) }
	return len(lower) > 3 && !slices.Contains(notSecrets, lower) && !slices.ContainsFunc(notSecretStarts, begins) &&
		!slices.ContainsFunc(notSecretParts, holds) && strings.Trim(lower, lower[:1]) != "" && !variableName(value)
}

// variableName reports whether a value is the name of a variable in capitals.
func variableName(value string) bool {
	return strings.Contains(value, "_") && strings.ToUpper(value) == value && !strings.ContainsAny(value, "0123456789") && syntax.ValidName(value)
}

// looksRandom reports whether a text has letters and digits in it and says more a
// character than words do.
func looksRandom(text string) bool {
	const bits = 3.5
	if !strings.ContainsAny(text, "0123456789") || strings.Trim(text, "0123456789-_=+/") == "" {
		return false
	}
	counts := map[rune]float64{}
	for _, r := range text {
		counts[r]++
	}
	entropy := 0.0
	for _, n := range counts {
		share := n / float64(len(text))
		entropy -= share * math.Log2(share)
	}
	return entropy >= bits
}
