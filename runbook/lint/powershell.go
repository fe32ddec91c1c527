package lint

import (
	"strings"
)

// powershellCalls are the commands of a PowerShell script, as far as words and
// separators tell them: what stands at the start of a line, behind ; | { ( or &.
// It is enough to recognize commands by name, and no parser.
func powershellCalls(s *script) []call {
	var words []word
	flush := func() {
		if len(words) > 0 {
			s.calls = append(s.calls, call{words: words, name: strings.ToLower(baseName(words[0].text)), args: words[1:], script: s})
		}
		words = nil
	}
	for i := 0; i < len(s.text); {
		switch b := s.text[i]; {
		case b == '`' && i+1 < len(s.text):
			i += 2
		case b == '#':
			i += lengthUntil(s.text[i:], "\n")
		case strings.HasPrefix(s.text[i:], "@'\n"), strings.HasPrefix(s.text[i:], "@\"\n"):
			i += min(2+lengthUntil(s.text[i+2:], "\n"+s.text[i+1:i+2]+"@")+3, len(s.text)-i)
		case strings.IndexByte("\n;|{}()&=", b) >= 0:
			flush()
			i++
		case b == ' ' || b == '\t' || b == '\r' || b == ',':
			i++
		default:
			length := powershellWord(s.text[i:])
			text := strings.Trim(s.text[i:i+length], `'"`)
			words = append(words, word{text: text, computed: strings.Contains(text, "$"), script: s, offset: i})
			i += length
		}
	}
	flush()
	return s.calls
}

// powershellWord is how long the word is with which a text starts; at least 1.
func powershellWord(text string) int {
	if quote := text[0]; quote == '\'' || quote == '"' {
		return min(1+lengthUntil(text[1:], string(quote))+1, len(text))
	}
	if at := strings.IndexAny(text, " \t\r\n;|{}()&=,'\"`"); at > 0 {
		return at
	} else if at == 0 {
		return 1
	}
	return len(text)
}

// lengthUntil is how many bytes stand before an end, or all.
func lengthUntil(text, end string) int {
	if at := strings.Index(text, end); at >= 0 {
		return at
	}
	return len(text)
}
