//go:build !unix

package consenttest

// Sleep fails the test: nothing here stops a program without ending it.
func (s *RedisServer) Sleep() {
	s.t.Helper()
	s.t.Fatal("a server cannot be put to sleep on this system")
}

// Wake has nothing to end.
func (s *RedisServer) Wake() {}
