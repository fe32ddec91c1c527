package record

import (
	"crypto/sha256"
	"encoding/hex"
)

// Nonce is $MSP_RUN_NONCE: what a run's programs may leave on the systems that
// they work on. Nobody could know it before the token was made that the run's end
// names as not_before, so what holds the nonce happened after the token's time.
// It is the SHA-256, in hex, of "msp run nonce v1", the token's digest and the
// run's id, each with a line feed behind it:
//
//	printf 'msp run nonce v1\n%s\n%s\n' "$NOT_BEFORE" "$RUN" | sha256sum
func Nonce(token, run string) string {
	sum := sha256.Sum256([]byte("msp run nonce v1\n" + token + "\n" + run + "\n"))
	return hex.EncodeToString(sum[:])
}
