//go:build unix && !aix && !darwin && !freebsd && !netbsd

package seal

import "syscall"

func changed(st *syscall.Stat_t) syscall.Timespec { return st.Ctim }
