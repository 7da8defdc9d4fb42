//go:build unix

package consenttest

import "syscall"

// Sleep stops the server in its tracks: connections stay open and nothing is answered. Wake lets it go on.
func (s *RedisServer) Sleep() { s.signal(syscall.SIGSTOP) }

// Wake ends Sleep.
func (s *RedisServer) Wake() { s.signal(syscall.SIGCONT) }

func (s *RedisServer) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}
