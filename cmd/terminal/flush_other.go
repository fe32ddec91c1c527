//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package terminal

// discardTyped would drop what was typed and not read yet; here nothing is
// known that does.
func discardTyped(uintptr) {}
