package ports

import "net"

// claim keeps other processes from a port until this one ends: a name without a file, which two cannot have.
func claim(port string) (mine any, ok bool) {
	l, err := net.Listen("unix", "@bohoja-port-"+port)
	return l, err == nil
}
