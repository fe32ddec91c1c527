package terminal

// IsTerminal reports whether a stream is a terminal.
func IsTerminal(stream any) bool {
	_, terminal := terminalOf(stream)
	return terminal
}
