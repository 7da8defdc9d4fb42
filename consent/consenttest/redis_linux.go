package consenttest

import (
	"os/exec"
	"syscall"
)

// Tie has the kernel end the program when the one that starts it ends, however it does.
func Tie(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
