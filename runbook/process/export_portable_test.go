//go:build !linux || msp_portable

package process

// FindsEscaped says whether processes that left their session are found here.
const FindsEscaped = false
