//go:build unix && !aix

package seal

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// stampOf is what a copy of a file has not: its inode, and when that was last changed, which nobody can set. While the file is being given its
// name the latter changes, so it waits until that is done.
func stampOf(name string) (string, error) {
	for patience := 50; ; patience-- {
		info, err := os.Stat(name)
		if err != nil {
			return "", err
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return "", nil
		}
		if st.Nlink == 1 || patience == 0 {
			at := changed(st)
			return fmt.Sprintf("%d %d %d", st.Ino, at.Sec, at.Nsec), nil
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// diskOf names the file system of a folder.
func diskOf(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", nil
	}
	return fmt.Sprint(st.Dev), nil
}
