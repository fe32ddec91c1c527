package export

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
)

// ParseRecipients reads who may read a bundle: age recipients, lines of SSH
// public keys, or files with lines of both.
func ParseRecipients(texts []string) ([]age.Recipient, error) {
	var all []age.Recipient
	for _, text := range texts {
		lines := []string{text}
		if !isRecipient(text) {
			data, err := os.ReadFile(text)
			if err != nil {
				return nil, err
			}
			lines = strings.Split(string(data), "\n")
		}
		before := len(all)
		for _, line := range lines {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			r, err := parseRecipient(line)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", text, err)
			}
			all = append(all, r...)
		}
		if len(all) == before {
			return nil, fmt.Errorf("%s names nobody", text)
		}
	}
	return all, nil
}

func isRecipient(text string) bool {
	return strings.HasPrefix(text, "age1") || strings.HasPrefix(text, "ssh-")
}

func parseRecipient(line string) ([]age.Recipient, error) {
	if strings.HasPrefix(line, "ssh-") {
		r, err := agessh.ParseRecipient(line)
		return []age.Recipient{r}, err
	}
	if !strings.HasPrefix(line, "age1") {
		return nil, errors.New("not a recipient of age and not an SSH public key of Ed25519 or RSA")
	}
	return age.ParseRecipients(strings.NewReader(line))
}

// ParseIdentities reads the keys that open an encrypted bundle: a file of
// age-keygen, or an SSH private key. No data is no key.
func ParseIdentities(data []byte) ([]age.Identity, error) {
	switch {
	case len(data) == 0:
		return nil, nil
	case bytes.HasPrefix(data, []byte("-----BEGIN")):
		identity, err := agessh.ParseIdentity(data)
		return []age.Identity{identity}, err
	default:
		return age.ParseIdentities(bytes.NewReader(data))
	}
}
