// Package ports gives tests ports on which nobody listens, each to one test of all that run on this machine.
package ports

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"testing"
)

// given are those that Free has returned in this process, with what keeps other processes from them.
var given sync.Map

// Free returns a port of loopback on which nobody listens now, another one at each call, in whatever process of this machine. It lies below
// those that systems give out by themselves: a connection of some other test could take one of these before it is used, or while a server
// that has it is started anew.
func Free(t testing.TB) string {
	t.Helper()
	for range 1000 {
		port := strconv.Itoa(12_000 + rand.IntN(10_000))
		if _, taken := given.LoadOrStore(port, true); taken {
			continue
		}
		if mine, ok := claim(port); ok && silent(port) {
			given.Store(port, mine)
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}

// silent reports whether nobody listens there.
func silent(port string) bool {
	l, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err == nil {
		_ = l.Close()
	}
	return err == nil
}
