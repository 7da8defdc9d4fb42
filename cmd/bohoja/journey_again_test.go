//go:build outside || proof

package main

import "os/exec"

// again kills the process and starts it anew as it was.
func (p *process) again() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.cmd.Process.Kill()
	<-p.done
	cmd := exec.Command(p.cmd.Path, p.cmd.Args[1:]...)
	cmd.Dir, cmd.Env = p.cmd.Dir, p.cmd.Env
	return p.run(cmd)
}
