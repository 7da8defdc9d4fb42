//go:build unix

package audit

import (
	"errors"
	"os"
	"syscall"
)

// acquire takes the lock of a folder, or says that another process has it. The system lets go of it when the process
// ends, however it ends.
func acquire(name string) (file *os.File, ours bool, err error) {
	file, err = os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, false, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return file, true, nil
	}
	_ = file.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, false, nil
	}
	return nil, false, err
}
