package process

import (
	"os"
	"path/filepath"
	"strings"
)

const gentleName = "CTRL_BREAK"

func signalName(int) string {
	return ""
}

// executable returns the file, with the first extension of PATHEXT that makes
// it one, and whether it is a program.
func executable(file string) (found string, ok bool) {
	list := os.Getenv("PATHEXT")
	if list == "" {
		list = ".COM;.EXE;.BAT;.CMD"
	}
	extensions := strings.Split(list, ";")
	for _, e := range extensions {
		if e != "" && strings.EqualFold(filepath.Ext(file), e) && isFile(file) {
			return file, true
		}
	}
	for _, e := range extensions {
		if strings.HasPrefix(e, ".") && isFile(file+e) {
			return file + e, true
		}
	}
	if isFile(file) {
		return file, false
	}
	return "", false
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir()
}
