//go:build unix

package file

import (
	"fmt"
	"io/fs"
	"os/user"
	"strconv"
	"syscall"
)

// hasPermissions reports whether the system has modes and numbered owners.
const hasPermissions = true

// ownerOf gives a file's owner: the number, and the name where there is one.
func ownerOf(info fs.FileInfo) (uid, name string) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", ""
	}
	uid = strconv.FormatUint(uint64(stat.Uid), 10)
	if u, err := user.LookupId(uid); err == nil {
		return uid, u.Username
	}
	return uid, uid
}

// userID is the number of a user who is given by name or number.
func userID(owner string) (string, error) {
	if number, err := strconv.ParseUint(owner, 10, 32); err == nil {
		return strconv.FormatUint(number, 10), nil
	}
	u, err := user.Lookup(owner)
	if err != nil {
		return "", fmt.Errorf("this machine knows no user %q: %w", owner, err)
	}
	return u.Uid, nil
}
